// What is known of one place: a popup beside it, on phones a sheet from below.
"use strict";

geomap.details = (function () {
  const el = (...args) => geomap.el(...args);
  let map;
  let popup = null;
  let returnTo = null;
  let content = ofMentions; // makes the elements that say what is known of a place

  // The sentence of a mention with its name marked, cut to `limit` characters around the name.
  function sentence(mention, limit) {
    const slice = mention.of.slice;
    let [start, end] = mention.sentence;
    start = Math.min(start, mention.start);
    end = Math.max(end, mention.end);
    let before = "";
    let after = "";
    if (limit && end - start > limit) {
      const half = Math.floor((limit - Math.min(limit, mention.end - mention.start)) / 2);
      if (mention.start - start > half) [start, before] = [mention.start - half, "…"];
      if (end - mention.end > half) [end, after] = [mention.end + half, "…"];
    }
    return el("q", { class: "gm-sentence", dir: "auto" },
      before + slice(start, mention.start),
      el("mark", {}, slice(mention.start, mention.end)),
      slice(mention.end, end) + after);
  }

  const ROLES = { literal: "where something is or happens", associative: "named for a government, people or organisation" };
  const PRECISION = { exact: "the place itself", area: "somewhere in or beside it", region: "only its region is known" };

  const about = (article) => [article.title, article.source, geomap.day(article.published)].filter(Boolean);

  // Mentions of several articles stand under the name of each.
  const heading = (article) => el("li", { class: "gm-of", dir: "auto" }, el("strong", {}, article.title || article.id), " ",
    el("span", { class: "gm-fact" }, [article.source, geomap.day(article.published)].filter(Boolean).join(" · ")));

  function mentionItem(mention) {
    const article = mention.of;
    const several = geomap.data.articles.length > 1;
    const source = [...(several ? [] : about(article)), `characters ${mention.start}–${mention.end}`];
    const facts = [ROLES[mention.role]];
    if (mention.inside) facts.push(`in “${mention.inside}”`);
    if (mention.precision !== "exact") facts.push(PRECISION[mention.precision]);
    return el("li", { class: `gm-mention gm-mention-${mention.role}` },
      el("button", { type: "button", class: "gm-quote", onclick: () => geomap.article.show(mention) }, sentence(mention)),
      el("p", { class: "gm-fact" }, facts.join(" · ")),
      el("p", { class: "gm-fact", dir: "auto" }, source.join(" · ")));
  }

  function unique(lists) {
    return [...new Set(lists.flat())];
  }

  function runnersUp(place, mentions) {
    const others = new Map();
    for (const mention of mentions) {
      for (const other of mention.alternatives) {
        const known = others.get(other.id);
        if (!known || (other.confidence || 0) > (known.confidence || 0)) others.set(other.id, other);
      }
    }
    others.delete(place.id);
    return [...others.values()].sort((a, b) => (b.confidence || 0) - (a.confidence || 0)).slice(0, 5);
  }

  function ofMentions(place) {
    const mentions = place.mentions.filter(geomap.isShown);
    const chosen = geomap.state.mention;
    const first = (m) => Number(chosen !== null && m.of === chosen.of) * 2 + Number(m === chosen);
    mentions.sort((a, b) => first(b) - first(a) || a.article - b.article || a.start - b.start);
    const where = [place.isAdmin1 ? null : place.admin1_name, place.kind === "country" ? null : place.country_name];
    const unsure = geomap.places.isUnsure(place);
    const reasons = unique(mentions.map((m) => m.reasons)).slice(0, 6);
    const others = runnersUp(place, mentions);
    const strays = !geomap.places.isArea(place) && geomap.basemap.strays(place);
    const names = place.variants.filter((name) => name !== place.name).slice(0, 8);
    const facts = [place.population ? `population ${place.population.toLocaleString("en")}` : null,
      `${Math.abs(place.at[0]).toFixed(3)}° ${place.at[0] < 0 ? "S" : "N"}, ${Math.abs(place.at[1]).toFixed(3)}° ${place.at[1] < 0 ? "W" : "E"}`,
      place.id].filter(Boolean);
    const parts = [
      el("button", { type: "button", class: "gm-close", "aria-label": "Close", onclick: close }, "×"),
      el("h2", { id: "gm-details-name", tabIndex: -1 }, geomap.name(place.name)),
      el("p", { class: "gm-where" }, [geomap.KINDS[place.kind], ...where].filter(Boolean).flatMap((t, i) => (i ? [" · ", geomap.name(t)] : [t]))),
      el("p", { class: unsure ? "gm-sure gm-sure-low" : "gm-sure" },
        el("span", { class: "gm-meter", "aria-hidden": "true" }, meter(place.sure)), geomap.confidence(place.sure)),
    ];
    if (strays) {
      parts.push(el("p", { class: "gm-fact" }, "By its code it lies in ", geomap.name(place.admin1_name || place.region),
        "; the line drawn here is a kilometre or two off."));
    }
    const area = geomap.areaOf(place);
    if (area) parts.push(el("p", { class: "gm-fact" }, "area: ", geomap.name(area.name)));
    if (geomap.places.isRiver(place)) parts.push(el("p", { class: "gm-fact" }, "The map marks one point of it, not its course."));
    if (names.length) parts.push(el("p", { class: "gm-fact" }, "in the text: ", ...names.flatMap((n, i) => (i ? [", ", geomap.name(n)] : [geomap.name(n)]))));
    parts.push(el("ol", { class: "gm-mentions" }, mentions.slice(0, 60).flatMap((mention, i) => {
      const first = geomap.data.articles.length > 1 && (i === 0 || mentions[i - 1].of !== mention.of);
      return first ? [heading(mention.of), mentionItem(mention)] : [mentionItem(mention)];
    })));
    if (mentions.length > 60) parts.push(el("p", { class: "gm-fact" }, `and ${mentions.length - 60} more`));
    if (reasons.length) {
      parts.push(el("details", { open: unsure }, el("summary", {}, "Why this place"),
        el("ul", { class: "gm-reasons" }, reasons.map((reason) => el("li", { dir: "auto" }, reason)))));
    }
    if (others.length) {
      parts.push(el("details", {}, el("summary", {}, `Other places it could be (${others.length})`),
        el("ul", { class: "gm-others" }, others.map((other) => el("li", {}, geomap.name(other.name), " ",
          el("span", { class: "gm-fact" }, [geomap.KINDS[other.kind] || other.kind, other.admin1_name, other.country,
            other.confidence === null ? null : `${Math.round(other.confidence * 100)} %`].filter(Boolean).join(" · ")))))));
    }
    parts.push(geomap.corrections.form(place, mentions, others));
    parts.push(el("p", { class: "gm-fact gm-ids" }, facts.join(" · ")), el("p", { class: "gm-actions" }, geomap.links.button(geomap.links.hashOf(place))));
    return parts;
  }

  function meter(value) {
    const bar = el("i", {});
    bar.style.width = `${Math.round(value * 100)}%`;
    return bar;
  }

  function start(leaflet, of = ofMentions) {
    map = leaflet;
    content = of;
    sheet().addEventListener("toggle", ({ target }) => reveal(target, sheet()), true);
    geomap.on("select", (event) => (event.place ? open(event) : hide()));
    geomap.on("change", () => {
      const place = geomap.state.place;
      if (place && place.count === 0) geomap.select(null);
      else if (place && isOpen()) fill(place);
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && isOpen()) close();
    });
  }

  const sheet = () => geomap.byId("gm-sheet");
  const isOpen = () => popup !== null || !sheet().hidden;

  function fill(place) {
    if (popup) popup.getContent().replaceChildren(...content(place));
    else sheet().replaceChildren(...content(place));
  }

  function box(place) {
    const node = el("div", { class: "gm-details", role: "dialog", "aria-labelledby": "gm-details-name" }, ...content(place));
    // What is opened in it makes it grow: keep all of it in view.
    node.addEventListener("toggle", ({ target }) => {
      if (!popup) return;
      const focused = node.contains(document.activeElement) ? document.activeElement : null;
      const top = node.parentElement.scrollTop;
      popup.update(); // takes the content out and puts it in again
      node.parentElement.scrollTop = top;
      focused?.focus({ preventScroll: true });
      reveal(target, node.parentElement);
    }, true);
    return node;
  }

  // Scroll what was just opened into view, its head at least.
  function reveal(details, scroller) {
    if (!details.open) return;
    const [box, frame] = [details.getBoundingClientRect(), scroller.getBoundingClientRect()];
    scroller.scrollTop += Math.max(0, Math.min(box.bottom - frame.bottom + 12, box.top - frame.top - 12));
  }

  function open({ place, keyboard, from }) {
    if (!isOpen()) returnTo = document.activeElement;
    hide();
    if (geomap.isPhone()) {
      sheet().hidden = false;
      fill(place);
      sheet().scrollTop = 0;
    }
    travel(place, from, () => {
      if (geomap.state.place !== place) return;
      if (!geomap.isPhone()) {
        const size = map.getSize();
        popup = L.popup({ className: "gm-popup", maxWidth: Math.min(360, size.x - 40), minWidth: Math.min(280, size.x - 60),
          maxHeight: Math.max(160, Math.min(440, size.y - 120)), closeButton: false, autoClose: false, closeOnClick: false,
          closeOnEscapeKey: false, autoPanPadding: [16, 16], offset: [0, geomap.places.isArea(place) ? 0 : -6] })
          .setLatLng(geomap.places.labelAt(place))
          .setContent(box(place))
          .openOn(map);
      }
      if (keyboard) geomap.byId("gm-details-name")?.focus({ preventScroll: true });
    });
  }

  // Go to a place if it cannot be seen well from here, then do what comes next.
  function travel(place, from, then) {
    const bounds = geomap.places.boundsOf(place);
    const area = geomap.places.isArea(place);
    const zoom = map.getZoom();
    const wanted = area ? Math.min(8, map.getBoundsZoom(bounds)) : Math.min(9, Math.max(zoom, 7));
    const centre = area ? bounds.getCenter() : L.latLng(place.lat, place.lng);
    const seen = map.getBounds().pad(-0.1).contains(geomap.places.labelAt(place));
    const near = area ? zoom >= wanted - 2.5 && zoom <= wanted + 3 : zoom >= 6;
    if (from === "map" || (seen && near)) return then();
    if (geomap.isStill()) {
      map.setView(centre, wanted, { animate: false });
      return then();
    }
    map.once("moveend", then);
    map.flyTo(centre, wanted, { duration: 0.7 });
  }

  function hide() {
    if (popup) {
      const old = popup;
      popup = null;
      const element = old.getElement();
      old.remove();
      element?.remove(); // at once, not faded: two popups must never bear the same id
    }
    sheet().hidden = true;
    sheet().replaceChildren();
  }

  function close() {
    geomap.select(null);
    if (returnTo?.isConnected) returnTo.focus({ preventScroll: true });
    returnTo = null;
  }

  return { start, sentence, close };
})();
