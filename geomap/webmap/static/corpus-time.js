// When: a histogram of the mentions, and which part of it is shown.
"use strict";

geomap.time = (function () {
  const SVG = "http://www.w3.org/2000/svg";
  const el = (...args) => geomap.el(...args);
  const [WIDE, HIGH] = [1000, 60];

  // Bars, one a period; those that are not shown are pale. Square roots, so that a quiet month is
  // seen beside a loud one.
  function bars(counts, wide = WIDE, high = HIGH) {
    const n = geomap.data.periods.length;
    const most = Math.max(1, ...counts.subarray(0, n));
    const { from, until } = geomap.state;
    const svg = document.createElementNS(SVG, "svg");
    const set = (node, values) => {
      for (const [name, value] of Object.entries(values)) node.setAttribute(name, String(value));
    };
    set(svg, { viewBox: `0 0 ${wide} ${high}`, preserveAspectRatio: "none", class: "gm-bar-chart", "aria-hidden": "true" });
    const width = wide / n;
    for (const isShown of [false, true]) {
      let d = "";
      for (let i = 0; i < n; i++) {
        if (counts[i] === 0 || (i >= from && i <= until) !== isShown) continue;
        const h = Math.max(1.5, high * Math.sqrt(counts[i] / most));
        d += `M${(i * width).toFixed(2)} ${high}h${(width * 0.86).toFixed(2)}v${(-h).toFixed(2)}h${(-width * 0.86).toFixed(2)}z`;
      }
      const path = document.createElementNS(SVG, "path");
      set(path, { d, class: isShown ? "gm-bar" : "gm-bar gm-bar-off" });
      svg.append(path);
    }
    return svg;
  }

  let waiting = false;

  // At most once a frame, however fast the slider is moved.
  function apply() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      const [from, until] = range();
      geomap.change({ from, until });
    });
  }

  const inputs = () => [geomap.byId("gm-from"), geomap.byId("gm-until")];
  const range = () => inputs().map((input) => Number(input.value));

  function set(from, until) {
    const [low, high] = inputs();
    low.value = String(from);
    high.value = String(until);
    say();
    apply();
  }

  function start() {
    const last = geomap.data.periods.length - 1;
    if (last < 1) return;
    const [low, high] = inputs();
    geomap.byId("gm-time").hidden = false;
    for (const input of [low, high]) input.max = String(last);
    low.value = "0";
    high.value = String(last);
    const moved = (event) => {
      // The ends push each other along rather than cross.
      if (Number(low.value) > Number(high.value)) {
        if (event.target === low) high.value = low.value;
        else low.value = high.value;
      }
      say();
      apply();
    };
    low.addEventListener("input", moved);
    high.addEventListener("input", moved);
    geomap.byId("gm-time-all").addEventListener("click", () => {
      set(0, last);
      low.focus();
    });
    brush(last);
    say();
    draw();
    geomap.on("change", draw);
  }

  // Dragging across the bars shows what was dragged across.
  function brush(last) {
    const box = geomap.byId("gm-bars");
    let begun = null;
    const at = (event) => {
      const { left, width } = box.getBoundingClientRect();
      return Math.max(0, Math.min(last, Math.floor(((event.clientX - left) / width) * (last + 1))));
    };
    box.addEventListener("pointerdown", (event) => {
      begun = at(event);
      box.setPointerCapture(event.pointerId);
      set(begun, begun);
    });
    box.addEventListener("pointermove", (event) => {
      if (begun === null) return;
      const now = at(event);
      set(Math.min(begun, now), Math.max(begun, now));
    });
    for (const end of ["pointerup", "pointercancel"]) box.addEventListener(end, () => (begun = null));
  }

  function say() {
    const [from, until] = range();
    const name = geomap.corpus.periodName;
    geomap.byId("gm-time-span").textContent = from === until ? name(from) : `${name(from)} – ${name(until)}`;
    for (const [input, at] of [[inputs()[0], from], [inputs()[1], until]]) input.setAttribute("aria-valuetext", name(at));
    geomap.byId("gm-time-all").hidden = from === 0 && until === geomap.data.periods.length - 1;
  }

  const draw = () => geomap.byId("gm-bars").replaceChildren(bars(geomap.corpus.histogram()));

  // The same in words and numbers.
  function table() {
    const { byPeriod } = geomap.corpus.articles();
    const histogram = geomap.corpus.histogram();
    const rows = [];
    for (let i = 0; i < histogram.length; i++) {
      if (histogram[i] === 0 && byPeriod[i] === 0) continue;
      rows.push(el("tr", {}, el("th", { scope: "row" }, geomap.corpus.periodName(i)),
        ...[byPeriod[i], histogram[i]].map((count) => el("td", { class: "gm-number" }, count.toLocaleString("en")))));
    }
    return el("table", {}, el("caption", {}, `By ${geomap.data.unit}, of the sources and mentions shown`),
      el("thead", {}, el("tr", {}, [geomap.data.unit === "day" ? "Day" : geomap.data.unit === "month" ? "Month" : "Year", "Articles", "Mentions"]
        .map((text) => el("th", { scope: "col" }, text)))), el("tbody", {}, rows));
  }

  return { start, bars, table };
})();
