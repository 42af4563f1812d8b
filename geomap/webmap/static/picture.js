// The picture of the map as it is seen, as one SVG: what Leaflet drew, and the names over it.
"use strict";

geomap.picture = (function () {
  const SVG = "http://www.w3.org/2000/svg";

  function node(tag, attributes, text) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== null && value !== undefined) element.setAttribute(name, String(value));
    }
    if (text !== undefined) element.textContent = text;
    return element;
  }

  const round = (value) => Math.round(value * 10) / 10;

  // A layer's lines as Leaflet has projected and clipped them for the screen.
  function path(map, layer) {
    const options = layer.options;
    let d = "";
    if (layer.getRadius && layer._point) {
      const { x, y } = map.layerPointToContainerPoint(layer._point);
      const r = layer._radius;
      d = `M${round(x - r)} ${round(y)}a${round(r)} ${round(r)} 0 1 0 ${round(2 * r)} 0a${round(r)} ${round(r)} 0 1 0 ${round(-2 * r)} 0`;
    } else {
      for (const part of layer._parts || []) {
        const points = part.map((point) => map.layerPointToContainerPoint(point));
        d += `M${points.map(({ x, y }) => `${round(x)} ${round(y)}`).join("L")}${layer instanceof L.Polygon ? "Z" : ""}`;
      }
    }
    if (!d) return null;
    return node("path", {
      d,
      fill: options.fill === false ? "none" : options.fade ? `url(#gm-paper-${options.fade})` : options.fillColor || options.color,
      "fill-opacity": options.fill === false ? null : options.fillOpacity,
      "fill-rule": "evenodd",
      stroke: options.stroke === false ? "none" : options.color,
      "stroke-width": options.weight,
      "stroke-opacity": options.opacity,
      "stroke-dasharray": options.dashArray,
      "stroke-linejoin": "round",
    });
  }

  // What soft areas are filled with: strong in the middle, nothing at the edge.
  function fades(prefix) {
    const defs = node("defs", {});
    for (const [name, color] of [["literal", "area"], ["associative", "associative"]]) {
      const fade = node("radialGradient", { id: `${prefix}-${name}` });
      for (const [offset, opacity] of [[0, 0.5], [0.55, 0.36], [1, 0]]) {
        fade.append(node("stop", { offset, "stop-color": geomap.color(color), "stop-opacity": name === "literal" ? opacity : opacity * 0.6 }));
      }
      defs.append(fade);
    }
    return defs;
  }

  // The page's own copy of them, in the colours of its theme.
  function start() {
    const holder = node("svg", { class: "gm-fades", "aria-hidden": "true" });
    document.body.append(holder);
    const fill = () => holder.replaceChildren(fades("gm-fade"));
    fill();
    geomap.on("theme", fill);
  }

  function pin(place, at) {
    const color = geomap.color(place.literal ? "literal" : "associative");
    const unsure = geomap.places.isUnsure(place);
    const r = geomap.places.radius(place);
    const hollow = unsure || !place.literal;
    const group = node("g", {});
    group.append(node("circle", { cx: round(at.x), cy: round(at.y), r: round(r), fill: hollow ? geomap.color("paper") : color,
      stroke: hollow ? color : geomap.color("pin-rim"), "stroke-width": 2, "stroke-dasharray": unsure ? "3 2" : null }));
    if (place.count > 1 && r > 7) {
      group.append(node("text", { x: round(at.x), y: round(at.y + 4), "text-anchor": "middle", "font-size": 11, "font-weight": 700,
        fill: hollow ? color : geomap.color("pin-rim") }, String(place.count)));
    }
    return group;
  }

  function* cluster({ x, y, r, place, members }) {
    if (place) return yield pin(place, { x, y });
    const literal = members.some((member) => member.literal > 0);
    yield node("circle", { cx: round(x), cy: round(y), r: round(r), fill: geomap.color(literal ? "literal" : "associative") });
    return yield node("text", { x: round(x), y: round(y + 4), "text-anchor": "middle", "font-size": 11, fill: geomap.color("pin-rim") }, String(members.length));
  }

  function label(span, frame) {
    const style = getComputedStyle(span);
    const box = span.getBoundingClientRect();
    return node("text", { x: round(box.left - frame.left + 2), y: round(box.top - frame.top + 12), fill: style.color,
      "font-size": style.fontSize, "font-weight": style.fontWeight, "font-style": style.fontStyle,
      "letter-spacing": style.letterSpacing === "normal" ? null : style.letterSpacing,
      stroke: geomap.color("halo"), "stroke-width": 3, "paint-order": "stroke", "stroke-linejoin": "round" }, span.textContent);
  }

  // The bar of the map's own scale, the first of its two.
  function* scale(map, size) {
    const line = map.getContainer().querySelector(".leaflet-control-scale-line");
    const [left, bottom, width, ink] = [10, size.y - 10, line.offsetWidth, geomap.color("ink")];
    yield node("path", { d: `M${left} ${bottom - 5}v5h${width}v-5`, fill: "none", stroke: ink, "stroke-width": 1.5 });
    yield node("text", { x: left + width / 2, y: bottom - 6, "text-anchor": "middle", "font-size": 10, fill: ink }, line.textContent);
  }

  function draw() {
    const map = geomap.map;
    const size = map.getSize();
    const frame = map.getContainer().getBoundingClientRect();
    const picture = node("svg", { xmlns: SVG, width: size.x, height: size.y, viewBox: `0 0 ${size.x} ${size.y}`,
      "font-family": "system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif" });
    picture.append(node("title", {}, geomap.data.title), fades("gm-paper"), node("rect", { width: "100%", height: "100%", fill: geomap.color("water") }));
    const panes = new Map();
    map.eachLayer((layer) => {
      const drawn = layer instanceof L.Path ? path(map, layer) : null;
      if (!drawn) return;
      const z = Number(getComputedStyle(map.getPane(layer.options.pane)).zIndex) || 400;
      if (!panes.has(z)) panes.set(z, []);
      panes.get(z).push(drawn);
    });
    for (const z of [...panes.keys()].sort((a, b) => a - b)) picture.append(...panes.get(z));
    for (const place of geomap.data.places) {
      const layer = geomap.places.layerOf(place);
      if (layer instanceof L.Marker) picture.append(pin(place, map.latLngToContainerPoint(layer.getLatLng())));
    }
    for (const item of geomap.dots.items()) picture.append(...cluster(item));
    for (const dot of map.getPane("gm-labels").querySelectorAll(".gm-dot")) {
      const box = dot.getBoundingClientRect();
      picture.append(node("circle", { cx: round(box.left - frame.left + 2), cy: round(box.top - frame.top + 2), r: 2, fill: geomap.color("label-town") }));
    }
    for (const span of map.getPane("gm-labels").querySelectorAll(".gm-label")) picture.append(label(span, frame));
    picture.append(...scale(map, size));
    picture.append(node("text", { x: size.x - 6, y: size.y - 6, "text-anchor": "end", "font-size": 10, fill: geomap.color("muted") },
      ["geomap", "Natural Earth", "GeoNames (CC BY 4.0)", ...geomap.credits(geomap.data)].join(" · ")));
    return picture;
  }

  const svg = () => new XMLSerializer().serializeToString(draw());

  // The same as pixels, twice as fine as the screen's.
  function png() {
    const text = svg();
    const size = geomap.map.getSize();
    return new Promise((resolve, reject) => {
      const image = new Image();
      image.onload = () => {
        const canvas = geomap.el("canvas", { width: size.x * 2, height: size.y * 2 });
        const context = canvas.getContext("2d");
        context.drawImage(image, 0, 0, canvas.width, canvas.height);
        canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the picture could not be made"))), "image/png");
      };
      image.onerror = () => reject(new Error("the picture could not be drawn"));
      image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
    });
  }

  return { start, draw, svg, png };
})();
