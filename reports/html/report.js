"use strict";
// The page works without this; with it, every state of a counterexample can be looked at.
(() => {
  const el = (tag, text, cls) => { const e = document.createElement(tag); if (text !== undefined) e.textContent = text; if (cls) e.className = cls; return e; };
  // breakable lets a long name of C be broken.
  const breakable = text => text.split(/(?<=_)/).flatMap((part, i) => i ? [document.createElement("wbr"), part] : [part]);
  const nameOf = cell => cell.owner ? cell.owner + " " + cell.field : cell.field;
  let active = null; // the counterexample that the keys are for
  const cases = [...document.querySelectorAll("details.case")].map(setup);
  active = cases.find(c => c.root.open) || cases[0];

  function setup(root) {
    const data = JSON.parse(root.querySelector(".data").textContent);
    const c = { root, data, at: 0, panel: root.querySelector(".panel"), figure: root.querySelector(".diagram") };
    c.panel.hidden = false;
    c.panel.querySelector(".state").open = !matchMedia("(max-width: 1100px)").matches; // where it would push the diagram out of sight
    c.range = c.panel.querySelector("input[type=range]");
    c.range.addEventListener("input", () => show(c, +c.range.value));
    c.panel.querySelectorAll("[data-go]").forEach(b => b.addEventListener("click", () => go(c, b.dataset.go)));
    root.querySelectorAll("button[data-step], tr[data-step]").forEach(b => b.addEventListener("click", e => { if (!e.target.closest("a")) show(c, +b.dataset.step, b.tagName === "BUTTON"); }));
    root.querySelectorAll(".node[data-from]").forEach(n => n.addEventListener("click", () => show(c, +n.dataset.to)));
    const table = root.querySelector(".steps"), toggle = root.querySelector(".quiet-toggle");
    const quiet = () => table.classList.toggle("hide-quiet", !toggle.checked);
    toggle.addEventListener("change", quiet);
    quiet();
    root.addEventListener("pointerdown", () => { active = c; });
    root.addEventListener("toggle", () => { if (root.open) { active = c; show(c, c.at || start(c)); } });
    if (root.open) show(c, start(c), false, true);
    return c;
  }

  // start is the step to begin with: the first failure, or where the cycle begins, or the end.
  function start(c) { const f = c.data.steps.find(s => s.fault); return f ? f.number : c.data.cycle_from || c.data.steps.length; }

  function go(c, where) {
    const steps = c.data.steps, n = steps.length;
    const loud = (from, d) => { for (let i = from; i >= 1 && i <= n; i += d) if (!steps[i - 1].quiet) return i; return c.at; };
    show(c, { first: 0, last: n, next: Math.min(n, c.at + 1), back: Math.max(0, c.at - 1), loud: loud(c.at + 1, 1), quieter: loud(c.at - 1, -1) }[where]);
  }

  // stateAt is every variable after a step, and where every thread stands.
  function stateAt(c, at) {
    const value = new Map(c.data.initial.map(cell => [nameOf(cell), cell.value]));
    const stands = new Map(c.data.tracks.map(t => [t.thread, t.stands]));
    for (const s of c.data.steps.slice(0, at)) {
      for (const ch of s.changes || []) value.set(ch.name, ch.new);
      stands.set(s.thread, s.goes);
    }
    return { value, stands };
  }

  function show(c, at, scroll, silent) {
    active = c;
    c.at = at;
    c.range.value = at;
    if (c.root.open && !c.diagram) {
      c.diagram = laneDiagram(c.figure);
      if (c.diagram.wide(360)) { c.figure.parentElement.classList.add("over"); c.panel.querySelector(".state").open = false; c.diagram.size(); }
    }
    const s = at > 0 ? c.data.steps[at - 1] : null;
    const changed = new Set(s ? (s.changes || []).map(ch => ch.name) : []);
    now(c, s);
    tables(c, at, changed, s);
    let chosen = null;
    c.root.querySelectorAll(".node[data-from]").forEach(n => {
      const mine = +n.dataset.from <= at && at <= +n.dataset.to;
      n.classList.toggle("selected", mine);
      if (mine && !chosen) chosen = n;
    });
    if (c.diagram) c.diagram.center(chosen);
    if (scroll) c.figure.scrollIntoView({ block: "start" });
    let view = null;
    c.root.querySelectorAll("tr[data-step]").forEach(r => { r.classList.toggle("selected", +r.dataset.step === at && r.closest(".steps") !== null); if (r.closest(".views") && +r.dataset.step <= at) view = r; });
    c.root.querySelectorAll(".views tr").forEach(r => r.classList.toggle("selected", r === view));
    if (!silent) history.replaceState(null, "", "#" + c.root.id + "/" + at);
  }

  function now(c, s) {
    const box = c.panel.querySelector(".now");
    box.replaceChildren();
    box.className = "now" + (s && s.fault ? " fault" : "") + (s && s.violating ? " violating" : "");
    if (!s) { box.append(el("div", "The machine has booted.", "what")); return; }
    const mark = s.violating ? "✖ VIOLATED: " : s.fault ? "⚡ FAULT: " : "";
    box.append(el("div", mark + "step " + s.number + " of " + c.data.steps.length + ": " + s.thread + (s.cpu === null ? ", bound to no CPU" : ", on CPU " + s.cpu), "what"));
    const where = el("div", s.callers.concat("").join(" › "));
    const row = c.root.querySelector('.steps tr[data-step="' + s.number + '"] a');
    const fn = row ? el("a", s.function + "()") : el("b", s.function + "()");
    if (row) { fn.href = row.href; fn.rel = "noreferrer"; fn.title = s.file + ", " + c.data.kernel.name; }
    where.append(fn);
    const at = s.line ? s.file + ":" + s.line : s.file;
    if (at) where.append(el("span", " " + at + ", " + c.data.kernel.name, "dim"));
    box.append(where, el("code", s.label + (s.outcome ? " → " + s.outcome : "")));
    for (const e of s.events || []) box.append(el("div", "• " + e.text.replace(/^FAULT /, "at the fault point ")));
    for (const ch of s.changes || []) box.append(el("div", ch.name + ": " + ch.old + " → " + ch.new));
  }

  function tables(c, at, changed, step) {
    const { value, stands } = stateAt(c, at);
    const owners = [...new Set(c.data.initial.map(x => x.owner))];
    const cpus = owners.filter(o => /^CPU \d+$/.test(o)), threads = owners.filter(o => o && !cpus.includes(o));
    const fields = kind => [...new Set(c.data.initial.filter(x => kind.includes(x.owner)).map(x => x.field))];
    const cell = name => { const td = el("td"); td.append(...breakable(value.get(name))); if (changed.has(name)) td.className = "changed"; else if (/^(false|0|nobody)$/.test(value.get(name))) td.className = "off"; return td; };
    const grid = (head, rows) => { const t = el("table"), h = el("tr"); head.forEach(x => h.append(el("th", x))); const th = el("thead"); th.append(h); const tb = el("tbody"); rows.forEach(r => { const tr = el("tr"); tr.append(...r); tb.append(tr); }); t.append(th, tb); return t; };
    c.panel.querySelector(".cpus").replaceChildren(grid([""].concat(cpus), fields(cpus).map(f => [el("th", f)].concat(cpus.map(o => cell(o + " " + f))))));
    const life = t => (t.spans.find(s => s.from <= at && at <= s.to) || {}).life || "";
    const rows = c.data.tracks.filter(t => c.data.lanes.includes(t.thread) || threads.includes(t.thread)).map(t => {
      const td = el("td", stands.get(t.thread)); if (step && step.thread === t.thread) td.className = "changed";
      const flags = threads.includes(t.thread) ? fields([t.thread]).filter(f => changed.has(t.thread + " " + f) || !/^(false|0|HP_THREAD_ACTIVE)$/.test(value.get(t.thread + " " + f)) && !["exists", "on_rq", "state"].includes(f)).map(f => f + (value.get(t.thread + " " + f) === "true" ? "" : "=" + value.get(t.thread + " " + f))) : [];
      const noted = el("div", flags.join(", "), "flags"); if ([...changed].some(n => n.startsWith(t.thread + " "))) noted.classList.add("changed");
      if (flags.length) td.append(noted);
      return [el("th", t.thread), el("td", life(t)), td];
    });
    c.panel.querySelector(".threads").replaceChildren(grid(["thread", "", "stands at, with its flags"], rows));
    c.panel.querySelector(".rest").replaceChildren(grid(["", ""], c.data.initial.filter(x => !x.owner).map(x => [el("th", x.field), cell(x.field)])));
  }

  document.addEventListener("keydown", e => {
    if (!active || e.ctrlKey || e.metaKey || e.altKey || e.target.closest("input:not([type=range]), textarea, select")) return;
    const where = { ArrowRight: "next", ArrowLeft: "back", Home: "first", End: "last", n: "loud", p: "quieter" }[e.key];
    if (!where) return;
    e.preventDefault();
    active.root.open = true;
    go(active, where);
  });

  function follow() {
    const [name, step] = decodeURIComponent(location.hash.slice(1)).split("/");
    const c = cases.find(x => x.root.id === name);
    if (!c) return;
    c.root.open = true;
    const n = Number(step);
    show(c, step !== undefined && Number.isInteger(n) && n >= 0 && n <= c.data.steps.length ? n : start(c), step !== undefined, step === undefined);
    if (step === undefined) c.root.scrollIntoView();
  }
  addEventListener("hashchange", follow);
  follow();
})();
