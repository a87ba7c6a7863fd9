"use strict";
// What a reader may do with a diagram: choose whose lanes are shown, and fit it to its place. Heads of lanes stay in sight.
function laneDiagram(figure) {
  const box = figure.querySelector(".scroll"), svg = box.querySelector("svg"), tools = figure.querySelector(".lanes");
  const num = (e, name) => +e.getAttribute(name);
  const lanes = [...svg.querySelectorAll("rect.lane")].map(e => ({ e, x: num(e, "x"), w: num(e, "width"), shown: true }));
  const heads = [...svg.querySelectorAll("text.lane")];
  const width = svg.viewBox.baseVal.width, height = svg.viewBox.baseVal.height;
  const gap = lanes.length > 1 ? lanes[1].x - lanes[0].x - lanes[0].w : 0;
  const laneAt = x => Math.max(0, lanes.findLastIndex(l => l.x <= x + 1));
  const middle = e => e.tagName === "line" ? num(e, "x1") : num(e, "x") + (num(e, "width") || 0) / 2;
  // What belongs to one lane moves with it; arrows and the lines over several lanes are drawn anew.
  const pieces = [...svg.querySelectorAll("rect.lane, rect.lanehead, text.lane, .life, text.parked")].map(e => ({ e, lane: laneAt(middle(e)) }));
  for (const e of svg.querySelectorAll(".node[data-from], .node[data-to], .node.violating, .node.possible")) pieces.push({ e, lane: laneAt(middle(e.querySelector("rect"))) });
  const wires = [...svg.querySelectorAll(".wire")].map(e => {
    const points = e.getAttribute("d").split(/[ML ]+/).filter(p => p).map(p => p.split(",").map(Number));
    return { e, points, ends: [laneAt(points[0][0]), laneAt(points[points.length - 1][0])] };
  });
  const groups = [...svg.querySelectorAll("line.group")].map((e, i) => ({ e, text: svg.querySelectorAll("text.group")[i], from: num(e, "x1"), to: num(e, "x2") }));
  const why = svg.querySelector(".node.why"), whyWidth = why ? Math.max(...[...why.querySelectorAll("text")].map(t => num(t, "x") + t.getComputedTextLength())) + 22 : 0;
  const top = document.createElementNS(svg.namespaceURI, "svg");
  top.setAttribute("class", "swim heads");
  top.setAttribute("aria-hidden", "true");
  box.prepend(top);
  const fit = tools.querySelector("input");

  lanes.forEach((lane, i) => {
    const b = document.createElement("button");
    b.textContent = heads[i].textContent;
    b.title = "show or hide the lane of " + b.textContent;
    b.addEventListener("click", () => {
      if (lane.shown && lanes.filter(l => l.shown).length === 1) return; // somebody must be left
      lane.shown = !lane.shown;
      draw();
    });
    lane.button = b;
    tools.append(b);
  });
  fit.addEventListener("change", size);
  tools.hidden = false;

  // left is where x goes when the hidden lanes before it are gone.
  const left = x => x - lanes.reduce((sum, l) => sum + (l.shown ? 0 : Math.max(0, Math.min(x - l.x, l.w + gap))), 0);
  const shown = (e, is) => { e.style.display = is ? "" : "none"; };

  function draw() {
    lanes.forEach(l => l.button.setAttribute("aria-pressed", l.shown));
    for (const p of pieces) {
      shown(p.e, lanes[p.lane].shown);
      p.e.setAttribute("transform", "translate(" + (left(lanes[p.lane].x) - lanes[p.lane].x) + ",0)");
    }
    for (const w of wires) {
      shown(w.e, w.ends.every(l => lanes[l].shown));
      w.e.setAttribute("d", w.points.map(([x, y], i) => (i ? "L" : "M") + left(x) + "," + y).join(" "));
    }
    for (const g of groups) {
      const from = left(g.from), to = left(g.to);
      shown(g.e, to > from + 1); shown(g.text, to > from + 1);
      g.e.setAttribute("x1", from); g.e.setAttribute("x2", to); g.text.setAttribute("x", (from + to) / 2);
    }
    const now = Math.max(left(width), whyWidth);
    svg.setAttribute("viewBox", "0 0 " + now + " " + height);
    if (why) why.querySelector("rect").setAttribute("width", now - 2 * num(why.querySelector("rect"), "x"));
    const high = num(svg.querySelector("rect.lanehead"), "y") + num(svg.querySelector("rect.lanehead"), "height") + 6;
    top.setAttribute("viewBox", "0 0 " + now + " " + high);
    top.replaceChildren(...[...svg.querySelectorAll("line.group, text.group, rect.lanehead, text.lane")].map(e => e.cloneNode(true)));
    size();
  }

  // size fits the diagram to its place, as long as it can be read: no letter is smaller than ten pixels.
  const least = 10 / 11;
  function size() {
    const now = svg.viewBox.baseVal.width, room = box.clientWidth;
    const scale = fit.checked && room > 0 ? Math.min(1, Math.max(least, room / now)) : 1;
    for (const e of [svg, top]) { e.style.width = now * scale + "px"; e.style.height = e.viewBox.baseVal.height * scale + "px"; }
    top.style.marginBottom = -top.viewBox.baseVal.height * scale + "px";
  }

  addEventListener("resize", size);
  draw();
  // center brings a box of the diagram into the middle, and moves nothing else on the page.
  const center = node => {
    if (!node || !box.clientHeight) return;
    const b = box.getBoundingClientRect(), n = (node.querySelector("rect") || node).getBoundingClientRect();
    box.scrollTop += n.top + n.height / 2 - b.top - box.clientHeight / 2;
    if (n.width && (n.left < b.left || n.right > b.right)) box.scrollLeft += n.left + n.width / 2 - b.left - box.clientWidth / 2;
  };
  // wide is whether the diagram does not fit beside something that is so wide.
  const wide = beside => svg.viewBox.baseVal.width * least > figure.parentElement.clientWidth - beside;
  return { center, size, wide };
}
