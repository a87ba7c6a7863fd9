"use strict";
(() => {
  const $ = id => document.getElementById(id);
  const form = $("scenario"), view = $("view"), status = $("status");
  let worker, calls, next = 0, at = "", what = "";

  function start() {
    worker = new Worker("worker.js");
    calls = new Map();
    worker.onmessage = ({ data }) => { calls.get(data.id)?.(data); calls.delete(data.id); };
  }

  // hpcheck runs the program with the words of a command line.
  function hpcheck(...args) {
    return new Promise(resolve => {
      calls.set(++next, resolve);
      worker.postMessage({ id: next, args });
    });
  }

  function say(text, bad) { status.textContent = text; status.classList.toggle("bad", !!bad); }

  function busy(on) {
    for (const b of ["check", "explore"]) $(b).disabled = on;
    $("stop").disabled = !on;
  }

  // scenario are the flags for the machine. The page has the same keys as a scenario file.
  function scenario() {
    const f = new FormData(form), args = ["--kernel", f.get("kernel")];
    for (const name of ["cpus", "tasks", "faults"]) if (f.get(name)) args.push("--" + name, f.get(name));
    if (f.get("op").trim()) args.push("--op", f.get("op").trim());
    else if (f.get("ops")) args.push("--ops", f.get("ops"));
    for (const line of f.get("set").split("\n")) if (line.trim()) args.push("--set", line.trim());
    return args;
  }

  function link() {
    const q = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (value !== "") q.set(name, value);
    if (what) q.set("show", what);
    if (what === "explore" && at) q.set("at", at);
    history.replaceState(null, "", "#" + q);
  }

  // timed runs something, and shows for how long it has been running.
  async function timed(text, run) {
    busy(true);
    const begun = performance.now(), seconds = () => ((performance.now() - begun) / 1000).toFixed(1) + " s";
    say(text);
    const clock = setInterval(() => say(text + " " + seconds()), 200);
    try { return [await run(), seconds()]; } finally { clearInterval(clock); busy(false); }
  }

  const words = { 0: "Nothing is violated.", 1: "A property is violated.", 3: "Stopped before it was done." };

  async function check() {
    what = "check"; link();
    const property = new FormData(form).get("property"), args = scenario();
    if (property) args.push("--property", property);
    const [r, took] = await timed("Checking.", () => hpcheck(...args, "--format", "html"));
    view.hidden = !words[r.status];
    if (!words[r.status]) return say(r.stderr || "hpcheck ended with status " + r.status, true);
    view.srcdoc = r.stdout;
    say(words[r.status] + " It took " + took + ".", r.status === 1);
  }

  // The explorer's links lead to the worker: a script that is put into each page sends them here.
  const intercept = `<script>
    const go = address => parent.postMessage({ address }, "*");
    document.addEventListener("click", e => { const a = e.target.closest("a"); const to = a && a.getAttribute("href");
      if (to && to.startsWith("/")) { e.preventDefault(); go(to); } });
    document.addEventListener("submit", e => { e.preventDefault();
      go(e.target.getAttribute("action") + "?" + new URLSearchParams(new FormData(e.target))); });
  </scr` + `ipt>`;

  async function explore(address) {
    what = "explore";
    const [r, took] = await timed("Looking.", () => hpcheck("page", ...scenario(), address));
    view.hidden = r.status !== 0;
    if (r.status !== 0) return say(r.stderr || "hpcheck ended with status " + r.status, true);
    const end = r.stdout.indexOf("\n");
    at = new URLSearchParams(r.stdout.slice(0, end).split("?")[1]).get("at") || "";
    link();
    view.srcdoc = r.stdout.slice(end + 1).replace("</body>", intercept + "</body>");
    say("It took " + took + ".");
  }

  addEventListener("message", e => {
    if (e.source === view.contentWindow && typeof e.data.address === "string") explore(e.data.address);
  });
  form.addEventListener("submit", e => { e.preventDefault(); check(); });
  $("explore").addEventListener("click", () => explore("/"));
  $("stop").addEventListener("click", () => { worker.terminate(); start(); busy(false); say("Stopped."); });
  $("share").addEventListener("click", async () => {
    link();
    try { await navigator.clipboard.writeText(location.href); say("The link is copied."); } catch { say("The link: " + location.href); }
  });
  form.addEventListener("change", link);

  const rows = text => text.split("\n").filter(line => line && !line.startsWith(" "));
  function option(value, text) {
    const o = document.createElement("option");
    o.value = value; o.textContent = text;
    return o;
  }

  // fill sets the form to what the address says.
  async function fill() {
    const kernels = await hpcheck("list", "kernels");
    if (kernels.status !== 0) return say(kernels.stderr, true);
    const table = kernels.stdout.split("\n\n")[0].split("\n").map(line => line.split(/ {2,}/));
    for (const [name] of table) form.kernel.append(option(name, name));
    form.kernel.value = "v4.6-rc3";
    const properties = await hpcheck("list", "properties");
    for (const name of rows(properties.stdout)) form.property.append(option(name, name));
    const q = new URLSearchParams(location.hash.slice(1));
    for (const [name, value] of q) if (form.elements[name]) form.elements[name].value = value;
    busy(false);
    say("Ready. Choose a kernel, and check it.");
    if (q.get("show") === "check") check();
    if (q.get("show") === "explore") explore("/?at=" + encodeURIComponent(q.get("at") || ""));
  }

  view.addEventListener("load", () => { view.dataset.shown = what; });

  start();
  fill();
})();
