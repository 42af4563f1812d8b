// Many pins at once: drawn on one canvas, gathered into clusters while there are not too many.
// The list and the search reach each of them by keyboard.
"use strict";

geomap.dots = (function () {
  // Beyond this many places every one is drawn for itself: a cloud says more than its clusters.
  let clustered = 10000;
  const CLOUD = 4000; // beyond this many in view, dots are plain
  const CELL = 64; // pixels
  const MARGIN = 160; // pixels drawn beyond the window, for dragging
  let map;
  let canvas;
  let places = [];
  let drawn = []; // what is on the canvas: {x, y, r} in the window, with its place or its members
  let singles = new Set();
  let tooltip = null;

  function start(leaflet, most = clustered) {
    map = leaflet;
    clustered = most;
    canvas = L.DomUtil.create("canvas", "gm-dots leaflet-zoom-hide", map.getPane("gm-pins"));
    canvas.setAttribute("aria-hidden", "true");
    map.on("moveend", redraw);
    map.on("mousemove", hover);
    map.on("mouseout", () => hover(null));
    geomap.on("select", redraw);
    geomap.on("theme", redraw);
  }

  function set(list) {
    places = list;
    for (const place of places) {
      if (place.unit) continue;
      const point = L.CRS.EPSG3857.latLngToPoint(L.latLng(place.lat, place.lng), 0);
      place.unit = [point.x, point.y];
    }
    redraw();
  }

  function* visible(size) {
    const scale = 2 ** map.getZoom();
    const corner = map.getPixelOrigin().add(map.containerPointToLayerPoint([0, 0]));
    for (const place of places) {
      const x = place.unit[0] * scale - corner.x;
      const y = place.unit[1] * scale - corner.y;
      if (x > -MARGIN && y > -MARGIN && x < size.x + MARGIN && y < size.y + MARGIN) {
        yield { x, y, r: geomap.places.radius(place), place, cell: `${Math.floor((x + corner.x) / CELL)} ${Math.floor((y + corner.y) / CELL)}` };
      }
    }
  }

  // Places of one cell of a grid that is fixed to the map become one circle with their number.
  function gather(dots) {
    const cells = new Map();
    for (const dot of dots) {
      if (!cells.has(dot.cell)) cells.set(dot.cell, []);
      cells.get(dot.cell).push(dot);
    }
    return [...cells.values()].map((members) => {
      if (members.length === 1) return members[0];
      const mean = (axis) => members.reduce((sum, dot) => sum + dot[axis], 0) / members.length;
      return { x: mean("x"), y: mean("y"), r: 11 + 4 * Math.log10(members.length), members: members.map((dot) => dot.place) };
    });
  }

  function redraw() {
    canvas.hidden = places.length === 0;
    if (places.length === 0) {
      drawn = [];
      singles = new Set();
      return;
    }
    const size = map.getSize();
    const dots = [...visible(size)];
    drawn = places.length > clustered || map.getZoom() >= 11 ? dots : gather(dots);
    singles = new Set(drawn.filter((item) => item.place).map((item) => item.place));
    const ratio = window.devicePixelRatio || 1;
    canvas.width = (size.x + 2 * MARGIN) * ratio;
    canvas.height = (size.y + 2 * MARGIN) * ratio;
    canvas.style.width = `${size.x + 2 * MARGIN}px`;
    canvas.style.height = `${size.y + 2 * MARGIN}px`;
    L.DomUtil.setPosition(canvas, map.containerPointToLayerPoint([-MARGIN, -MARGIN]));
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, MARGIN * ratio, MARGIN * ratio);
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.font = "700 11px system-ui, sans-serif";
    const colors = Object.fromEntries(["literal", "associative", "area", "paper", "pin-rim", "select"].map((name) => [name, geomap.color(name)]));
    if (drawn.length > CLOUD) cloud(context, colors);
    else for (const item of drawn) draw(context, item, colors);
  }

  // Thousands in one view: small squares of one colour at a time, the literal ones on top.
  function cloud(context, colors) {
    for (const role of ["associative", "literal"]) {
      context.fillStyle = colors[role];
      context.globalAlpha = 0.7;
      for (const { x, y, place } of drawn) {
        if ((place.literal > 0) === (role === "literal")) context.fillRect(x - 2, y - 2, 4, 4);
      }
    }
    context.globalAlpha = 1;
    const selected = drawn.find((item) => item.place === geomap.state.place);
    if (selected) draw(context, selected, colors);
  }

  function draw(context, item, colors) {
    const members = item.members || [item.place];
    const literal = members.some((place) => place.literal > 0);
    const selected = members.includes(geomap.state.place);
    const hollow = !literal || (item.place && geomap.places.isUnsure(item.place));
    const color = literal ? colors.literal : colors.associative;
    context.beginPath();
    context.arc(item.x, item.y, item.r, 0, 2 * Math.PI);
    if (item.place && geomap.places.isSoft(item.place)) return soft(context, selected, literal ? colors.area : color, colors.select);
    context.fillStyle = hollow ? colors.paper : color;
    context.fill();
    context.setLineDash(hollow && literal ? [3, 3] : []);
    context.lineWidth = selected ? 4 : 1.5;
    context.strokeStyle = selected ? colors.select : hollow ? color : colors["pin-rim"];
    context.stroke();
    if (item.members) {
      context.fillStyle = hollow ? color : colors["pin-rim"];
      context.fillText(item.members.length.toLocaleString("en"), item.x, item.y + 0.5);
    }
  }

  // An area without an outline: about there.
  function soft(context, selected, color, ring) {
    context.globalAlpha = 0.5;
    context.fillStyle = color;
    context.fill();
    context.globalAlpha = 1;
    context.setLineDash([]);
    context.lineWidth = selected ? 4 : 0;
    context.strokeStyle = ring;
    if (selected) context.stroke();
  }

  function hit(point) {
    let best = null;
    for (const item of drawn) {
      const distance = Math.hypot(item.x - point.x, item.y - point.y) - item.r;
      if (distance < 4 && (!best || distance < best.distance)) best = { item, distance };
    }
    return best?.item;
  }

  // Returns whether the click was on one of ours.
  function click(event) {
    const item = places.length ? hit(event.containerPoint) : null;
    if (!item) return false;
    if (item.place) geomap.select(item.place, { from: "map" });
    else {
      const bounds = L.latLngBounds(item.members.map((place) => [place.lat, place.lng]));
      map.fitBounds(bounds, { padding: [60, 60], maxZoom: Math.min(map.getZoom() + 4, 11), animate: !geomap.isStill() });
    }
    return true;
  }

  function hover(event) {
    const item = event && places.length ? hit(event.containerPoint) : null;
    map.getContainer().style.cursor = item ? "pointer" : "";
    if (tooltip && (!item || tooltip.item !== item)) {
      tooltip.remove();
      tooltip = null;
    }
    if (!item || tooltip) return;
    const content = item.place ? geomap.places.preview(item.place)
      : geomap.el("span", {}, `${geomap.plural(item.members.length, "place")}: click to see them`);
    tooltip = L.tooltip({ className: "gm-tooltip", direction: "top", opacity: 1, offset: [0, -item.r] })
      .setLatLng(map.containerPointToLatLng([item.x, item.y])).setContent(content);
    tooltip.item = item;
    tooltip.addTo(map);
  }

  // What names on the map must keep clear of; in a cloud of dots there is no clear place.
  const obstacles = () => (drawn.length > 2000 ? [] : drawn.map(({ x, y, r }) => [x, y, r]));

  return { start, set, click, obstacles, items: () => drawn, hides: (place) => places.length > 0 && !singles.has(place) };
})();
