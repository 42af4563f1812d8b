// Search as you type over names, the forms they have in the text, regions and countries.
"use strict";

geomap.search = (function () {
  const el = (...args) => geomap.el(...args);

  function start() {
    const input = geomap.byId("gm-query");
    const hits = geomap.byId("gm-hits");
    let at = -1;
    const fold = (text) => text.normalize("NFKD").replace(/[\u0300-\u036f'’ʼ′`‘.]/g, "").toLowerCase();
    const keys = new Map();
    const keyOf = (place) => {
      if (!keys.has(place)) keys.set(place, [place.name, ...place.variants, place.admin1_name || "", place.country_name || ""].map(fold));
      return keys.get(place);
    };
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
      const query = fold(input.value.trim());
      if (!query) return close();
      const score = (place) => {
        const names = keyOf(place);
        const own = names.slice(0, -2);
        if (own.some((n) => n.startsWith(query))) return 3;
        if (own.some((n) => n.includes(query))) return 2;
        return names.some((n) => n.startsWith(query)) ? 1 : 0;
      };
      const found = geomap.data.places.filter((p) => p.count > 0).map((place) => ({ place, score: score(place) }))
        .filter((hit) => hit.score > 0).sort((a, b) => b.score - a.score || b.place.count - a.place.count).slice(0, 12);
      at = -1;
      hits.replaceChildren(...(found.length ? found.map(({ place }, i) =>
        el("li", { role: "option", id: `gm-hit-${i}`, "aria-selected": "false", onmousedown: (e) => e.preventDefault(), onclick: () => choose(place, false) },
          geomap.name(place.name), el("span", { class: "gm-fact" }, [place.isAdmin1 ? null : place.admin1_name, place.kind === "country" ? "country" : place.country_name].filter(Boolean).join(", "))))
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
