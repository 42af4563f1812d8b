// Names on the map: laid out anew whenever the map comes to rest, the important ones first, and
// none over another. They are pictures of text for the eye; the panel has the same in words.
"use strict";

geomap.labels = (function () {
  let map;
  let holder;
  const measure = document.createElement("canvas").getContext("2d");
  const widths = new Map();

  const STYLES = {
    literal: { font: "600 13px", className: "gm-label gm-label-literal" },
    associative: { font: "500 12px", className: "gm-label gm-label-associative" },
    area: { font: "700 13px", className: "gm-label gm-label-area" },
    faint: { font: "600 12px", className: "gm-label gm-label-area gm-label-faint" },
    natural: { font: "italic 700 13px", className: "gm-label gm-label-area gm-label-natural" },
    "natural-faint": { font: "italic 600 12px", className: "gm-label gm-label-area gm-label-faint gm-label-natural" },
    own: { font: "700 12px", className: "gm-label gm-label-own" },
    country: { font: "600 12px", className: "gm-label gm-label-country", spacing: 1.2 },
    region: { font: "500 11px", className: "gm-label gm-label-region" },
    water: { font: "italic 400 12px", className: "gm-label gm-label-water" },
    town: { font: "400 11px", className: "gm-label gm-label-town" },
  };

  function width(text, style) {
    const key = style.font + text;
    if (!widths.has(key)) {
      measure.font = `${style.font} system-ui, sans-serif`;
      widths.set(key, measure.measureText(text).width + text.length * (style.spacing || 0) + 4);
    }
    return widths.get(key);
  }

  function start(leaflet) {
    map = leaflet;
    holder = map.createPane("gm-labels");
    holder.style.zIndex = 590;
    holder.setAttribute("aria-hidden", "true");
    holder.classList.add("leaflet-zoom-hide");
    map.on("moveend", layout);
    geomap.on("change", layout);
    geomap.on("select", layout);
  }

  // Everything that may be labelled in view, most important first.
  function* wanted(bounds, zoom) {
    const inView = (lat, lng) => bounds.contains([lat, lng]);
    const shown = geomap.data.places.filter((p) => p.count > 0 && inView(p.lat, p.lng) &&
      (geomap.places.isArea(p) || !geomap.dots.hides(p)));
    shown.sort((a, b) => Number(b === geomap.state.place) - Number(a === geomap.state.place) ||
      b.literal - a.literal || b.count - a.count);
    const named = new Set();
    for (const place of shown.slice(0, shown.length > 2000 ? 40 : 400)) {
      const area = geomap.places.isArea(place);
      const faint = place.kind === "natural" ? "natural-faint" : "faint";
      const style = area ? (place.literal ? (place.kind === "natural" ? "natural" : "area") : faint) : place.literal ? "literal" : "associative";
      const at = area ? geomap.places.labelAt(place) : [place.lat, place.lng];
      named.add(place.name + Math.round(place.lat)).add(place.name);
      if (place.kind === "country") named.add(`country:${place.country}`);
      if (place.isAdmin1) named.add(`region:${geomap.admin1Of(place)}`);
      yield { text: place.name, at, style, gap: area ? geomap.places.spotRadius(place) : geomap.places.radius(place) + 3, must: true };
    }
    const base = geomap.data.base;
    const scale = (256 * 2 ** zoom) / 360;
    for (const area of geomap.data.areas ?? []) {
      if (area.at && inView(...area.at) && area.wide * scale > 30) yield { text: area.name, at: area.at, style: "own", must: true };
    }
    for (const country of base.countries) {
      if (!country.at || named.has(`country:${country.code}`) || !inView(...country.at)) continue;
      if (zoom > 7 || country.wide * scale < 44) continue;
      yield { text: country.name, at: country.at, style: "country", fit: country.wide * scale * 1.3 };
    }
    for (const region of geomap.hasAreas() ? [] : base.regions) {
      if (!region.at || named.has(`region:${region.id}`) || !inView(...region.at)) continue;
      if (zoom < 5 || region.wide * scale < 56) continue;
      yield { text: region.name, at: region.at, style: "region", fit: region.wide * scale * 1.15 };
    }
    for (const water of base.water) {
      if (!water.at || !water.name) continue;
      named.add(water.name);
      if (!inView(...water.at) || water.wide * scale < 50) continue;
      yield { text: water.name, at: water.at, style: "water", fit: water.wide * scale * 1.5 };
    }
    for (const [name, lat, longitude, radius] of geomap.data.waters) {
      const lng = geomap.wrap(longitude);
      const reach = ((radius / 111) * scale) / Math.cos((lat * Math.PI) / 180);
      if (reach < 24) continue;
      if (reach < 4000 && !named.has(name) && inView(lat, lng)) yield { text: name, at: [lat, lng], style: "water", fit: reach * 2.2 };
    }
    // Towns by population: the closer the map, the smaller the town that is worth its ink.
    const least = zoom >= 9 ? 0 : zoom >= 8 ? 3000 : zoom >= 7 ? 15000 : zoom >= 6 ? 60000 : zoom >= 5 ? 250000 : 1e6;
    let left = 60;
    for (const [name, lat, longitude, population] of geomap.data.context) {
      if (population < least || left === 0) break;
      const lng = geomap.wrap(longitude);
      if (!inView(lat, lng) || named.has(name + Math.round(lat))) continue;
      left -= 1;
      yield { text: name, at: [lat, lng], style: "town", gap: 4, dot: true };
    }
  }

  // Candidate boxes: centred for areas, else right, left, above, below the point.
  function* boxes(point, w, h, label) {
    if (label.gap === undefined || label.gap === 0) {
      yield [point.x - w / 2, point.y - h / 2];
      if (label.must) {
        yield [point.x - w / 2, point.y - h * 1.8];
        yield [point.x - w / 2, point.y + h * 0.8];
      }
      return;
    }
    yield [point.x + label.gap, point.y - h / 2];
    yield [point.x - label.gap - w, point.y - h / 2];
    yield [point.x - w / 2, point.y - label.gap - h];
    yield [point.x - w / 2, point.y + label.gap];
  }

  // What stands on the map and would hide a name: buttons, legend, scale, credits.
  function furniture() {
    const frame = map.getContainer().getBoundingClientRect();
    const standing = ".gm-controls, .gm-legend, .leaflet-control";
    return [...map.getContainer().parentElement.querySelectorAll(standing)].map((element) => {
      const box = element.getBoundingClientRect();
      return [box.left - frame.left, box.top - frame.top, box.right - frame.left, box.bottom - frame.top];
    });
  }

  function layout() {
    const size = map.getSize();
    const bounds = map.getBounds();
    const origin = map.containerPointToLayerPoint([0, 0]);
    const taken = [...geomap.places.obstacles().map(([x, y, r]) => [x - r, y - r, x + r, y + r]), ...furniture()];
    const free = (box) =>
      box[0] >= 2 && box[1] >= 2 && box[2] <= size.x - 2 && box[3] <= size.y - 2 &&
      !taken.some((t) => box[0] < t[2] && box[2] > t[0] && box[1] < t[3] && box[3] > t[1]);
    const nodes = [];
    for (const label of wanted(bounds, map.getZoom())) {
      const style = STYLES[label.style];
      const text = label.text.length > 40 ? `${label.text.slice(0, 39)}…` : label.text;
      const w = width(text, style);
      if (label.fit && w > label.fit) continue;
      const h = 16;
      const point = map.latLngToContainerPoint(label.at);
      if (label.dot && !free([point.x - 2, point.y - 2, point.x + 2, point.y + 2])) continue;
      for (const [x, y] of boxes(point, w, h, label)) {
        const box = [x, y, x + w, y + h];
        if (!free(box)) continue;
        taken.push(label.dot ? [Math.min(x, point.x - 3), y, Math.max(x + w, point.x + 3), y + h] : box);
        const node = geomap.el("span", { class: style.className }, geomap.name(text));
        node.style.transform = `translate(${Math.round(x + origin.x)}px, ${Math.round(y + origin.y)}px)`;
        nodes.push(node);
        if (label.dot) {
          const dot = geomap.el("i", { class: "gm-dot" });
          dot.style.transform = `translate(${Math.round(point.x + origin.x) - 2}px, ${Math.round(point.y + origin.y) - 2}px)`;
          nodes.push(dot);
        }
        break;
      }
    }
    holder.replaceChildren(...nodes);
  }

  return { start, layout };
})();
