// Search as you type over names, the forms they have in the text, the other names that the
// gazetteer knows, regions and countries.
"use strict";

geomap.search = (function () {
  const el = (...args) => geomap.el(...args);

  // Ranks of what fits by a name that the page does not show: the whole of it, its beginning.
  const [WHOLE, BEGUN] = [5, 3];
  const keys = new Map(); // place -> its names, folded, each between two line breaks

  function keyOf(place) {
    if (!keys.has(place)) {
      const lines = (texts) => `\n${texts.map((text) => geomap.fold(text || "")).join("\n")}\n`;
      keys.set(place, { own: lines([place.name, ...place.variants]), other: `\n${place.names}\n`, areas: lines([place.admin1_name, place.country_name, geomap.areaOf(place)?.name]) });
    }
    return keys.get(place);
  }

  // How well a place fits what was typed; 0 if it does not.
  function rank(place, query) {
    const { own, other, areas } = keyOf(place);
    const [whole, begun] = [`\n${query}\n`, `\n${query}`];
    if (own.includes(whole)) return 6;
    if (other.includes(whole)) return WHOLE;
    if (own.includes(begun)) return 4;
    if (other.includes(begun)) return BEGUN;
    if (own.includes(query)) return 2;
    return areas.includes(begun) ? 1 : 0;
  }

  function where(place, by) {
    const area = [place.isAdmin1 ? null : place.admin1_name, place.kind === "country" ? "country" : place.country_name];
    return [by === WHOLE || by === BEGUN ? "by another name" : null, area.filter(Boolean).join(", ")].filter(Boolean).join(" · ");
  }

  function start() {
    const input = geomap.byId("gm-query");
    const hits = geomap.byId("gm-hits");
    let at = -1;
    geomap.on("corrected", () => keys.clear());
    const close = () => {
      hits.hidden = true;
      at = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    };
    const choose = (place, keyboard) => {
      close();
      input.value = place.name;
      geomap.select(place, { from: "panel", keyboard });
    };
    const find = () => {
      const query = geomap.fold(input.value);
      if (!query) return close();
      const found = geomap.data.places.filter((p) => p.count > 0).map((place) => ({ place, by: rank(place, query) }))
        .filter((hit) => hit.by > 0).sort((a, b) => b.by - a.by || b.place.count - a.place.count).slice(0, 12);
      at = -1;
      hits.replaceChildren(...(found.length ? found.map(({ place, by }, i) =>
        el("li", { role: "option", id: `gm-hit-${i}`, "aria-selected": "false", onmousedown: (e) => e.preventDefault(), onclick: () => choose(place, false) },
          geomap.name(place.name), el("span", { class: "gm-fact" }, where(place, by))))
        : [el("li", { class: "gm-empty", role: "option", "aria-disabled": "true" }, "Nothing by that name")]));
      hits.hidden = false;
      input.setAttribute("aria-expanded", "true");
      hits.found = found.map((hit) => hit.place);
    };
    input.addEventListener("input", find);
    input.addEventListener("focus", () => input.value && find());
    input.addEventListener("blur", close);
    input.addEventListener("keydown", (event) => {
      const found = hits.hidden ? [] : hits.found || [];
      if (event.key === "Escape" && !hits.hidden) {
        event.stopPropagation();
        return close();
      }
      if (event.key === "Enter" && found.length) return choose(found[Math.max(at, 0)], true);
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step || !found.length) return undefined;
      event.preventDefault();
      at = (at + step + found.length) % found.length;
      for (const [i, li] of [...hits.children].entries()) li.setAttribute("aria-selected", String(i === at));
      input.setAttribute("aria-activedescendant", `gm-hit-${at}`);
      return hits.children[at].scrollIntoView({ block: "nearest" });
    });
  }

  return { start };
})();
