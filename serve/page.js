"use strict";
(() => {
  const q = document.getElementById("q");
  const figure = document.querySelector(".diagram");
  if (figure) {
    laneDiagram(figure);
    const box = figure.querySelector(".scroll"), last = [...figure.querySelectorAll(".node[data-from]")].pop();
    if (last) last.classList.add("now");
    box.scrollTop = box.scrollHeight; // where the way has come to
    for (const n of figure.querySelectorAll(".node[data-to]")) n.addEventListener("click", () => {
      const step = document.querySelector('.way [data-step="' + n.dataset.to + '"]');
      if (step) step.click();
    });
  }
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
