"use strict";
(() => {
  const q = document.getElementById("q");
  document.addEventListener("keydown", e => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.target.closest("input")) return;
    const go = { ArrowLeft: "#back", Backspace: "#back", Home: "#first" }[e.key] || (/^\d$/.test(e.key) ? '[data-choice="' + e.key + '"]' : null);
    const target = go && document.querySelector(go);
    if (target) { e.preventDefault(); target.click(); }
  });
  document.addEventListener("keyup", e => { if (e.key === "/" && !e.target.closest("input")) { q.focus(); q.select(); } });
  document.querySelectorAll("td[data-find]").forEach(td => td.addEventListener("click", () => {
    q.value = q.value.trim() === "" ? td.dataset.find : q.value.trim() + " && " + td.dataset.find;
    q.focus();
  }));
})();
