// What is wrong with how the page looks, a line each: it overflows sideways, letters are smaller than least pixels as they
// are shown, or they stand out too little from what is behind them (WCAG 2.1, 1.4.3).
(least => {
  const wrong = new Set(), over = document.documentElement.scrollWidth - innerWidth;
  if (over > 0) wrong.add("the page is " + over + " pixels wider than the window");
  const parse = text => { const m = text.match(/[\d.]+/g); return m ? { c: m.slice(0, 3).map(Number), a: m.length > 3 ? +m[3] : 1 } : { c: [0, 0, 0], a: 0 }; };
  const light = ([r, g, b]) => { const f = v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b); };
  const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
  const ground = e => { for (; e; e = e.parentElement) { const b = parse(getComputedStyle(e).backgroundColor); if (b.a > 0.9) return b.c; } return [255, 255, 255]; };
  const holds = (box, x, y) => box.left <= x && x <= box.right && box.top <= y && y <= box.bottom;
  const rects = new Map();
  // behind is the colour of the last rectangle of a picture that is drawn under the middle of a text.
  const behind = (svg, e, b) => {
    const x = b.left + b.width / 2, y = b.top + b.height / 2;
    if (!rects.has(svg)) rects.set(svg, [...svg.querySelectorAll("rect:not(defs rect)")].map(r => ({ r, box: r.getBoundingClientRect(), fill: getComputedStyle(r).fill })).filter(r => r.fill.startsWith("rgb")));
    const under = rects.get(svg).findLast(r => holds(r.box, x, y) && r.r.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_FOLLOWING);
    return under ? parse(under.fill).c : ground(svg);
  };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const t = walk.currentNode, e = t.parentElement, text = t.data.trim();
    if (!text || e.closest("script, style, title, option, :disabled") || !e.checkVisibility()) continue;
    const range = document.createRange();
    range.selectNodeContents(t);
    const b = range.getBoundingClientRect(), style = getComputedStyle(e), svg = e.closest("svg");
    if (!b.width) continue;
    const size = parseFloat(style.fontSize) * (svg ? e.getScreenCTM().a : 1);
    const say = what => wrong.add(JSON.stringify(text.slice(0, 40)) + " " + what);
    if (size < least - 0.05) say("is " + size.toFixed(1) + " pixels high");
    const colour = parse(svg ? style.fill : style.color), paper = svg ? behind(svg, e, b) : ground(e);
    const big = size >= 24 || size >= 18.66 && +style.fontWeight >= 700, contrast = ratio(colour.c, paper);
    if (contrast < (big ? 3 : 4.5)) say("has a contrast of " + contrast.toFixed(1) + ": " + colour.c + " on " + paper);
  }
  return [...wrong];
})
