// What is known of one place or area of a corpus: how often and when, the sentences kept as evidence.
"use strict";

geomap.corpusDetails = (function () {
  const el = (...args) => geomap.el(...args);

  // A sentence that was kept, as the page of articles has its mentions.
  const asMention = (row) => ({
    of: { slice: geomap.slicer(row.text) },
    sentence: [0, [...row.text].length],
    start: row.begin,
    end: row.begin + row.length,
  });

  const ROLES = ["where something is or happens", "only named"];

  function item(row) {
    const article = row.of;
    const facts = [ROLES[row.associative], geomap.confidence(row.confidence), `characters ${row.start}–${row.start + row.length}`];
    const link = /^https?:\/\//i.test(article.url || "") ? el("a", { href: article.url, rel: "noopener noreferrer", target: "_blank" }, "the original") : null;
    const of = [article.title || article.id, article.source, geomap.day(article.published)].filter(Boolean);
    return el("li", { class: `gm-mention gm-mention-${row.associative ? "associative" : "literal"}` },
      geomap.details.sentence(asMention(row)),
      el("p", { class: "gm-fact" }, of.flatMap((text, i) => (i ? [" · ", geomap.name(text)] : [geomap.name(text)])), link ? [" · ", link] : null),
      el("p", { class: "gm-fact" }, facts.join(" · ")));
  }

  const toPlace = (place, count) => el("li", {}, el("button", { type: "button", class: "gm-row gm-row-literal",
    onclick: (event) => geomap.select(place, { from: "panel", keyboard: event.detail === 0 }) }, geomap.name(place.name), el("span", { class: "gm-tally" }, count)));

  function within(area) {
    const inside = geomap.data.places.filter((place) => place.count > 0 && !geomap.places.isArea(place) && (area.isAdmin1 ? place.region === area.region : place.country === area.country));
    inside.sort((a, b) => b.count - a.count);
    if (inside.length === 0) return area.inside > area.count ? [el("p", { class: "gm-fact" }, "None of the places in it is mentioned often enough to be drawn for itself.")] : [];
    return [el("h3", {}, inside.length > 10 ? `Most mentioned of ${geomap.plural(inside.length, "place")} in it` : "Places in it"),
      el("ul", { class: "gm-list" }, inside.slice(0, 10).map((place) => toPlace(place, place.count.toLocaleString("en"))))];
  }

  function content(place) {
    const area = geomap.places.isArea(place);
    const where = [place.isAdmin1 ? null : place.admin1_name, place.kind === "country" ? null : place.country_name];
    const all = geomap.places.weight(place);
    const region = place.isAdmin1 ? geomap.regionsById.get(place.region) : null;
    const unsure = geomap.places.isUnsure(place);
    const parts = [
      el("button", { type: "button", class: "gm-close", "aria-label": "Close", onclick: geomap.details.close }, "×"),
      el("h2", { id: "gm-details-name", tabIndex: -1 }, geomap.name(place.name)),
      el("p", { class: "gm-where" }, [geomap.KINDS[place.kind], ...where].filter(Boolean).flatMap((t, i) => (i ? [" · ", geomap.name(t)] : [t]))),
    ];
    if (area) {
      const own = place.count;
      parts.push(el("p", {}, el("b", {}, geomap.plural(all, "mention")), " of what lies in it shown",
        own ? `, ${own.toLocaleString("en")} of them of the ${place.kind} itself` : "", region ? `; in ${geomap.plural(region.articles, "article")} in all` : ""));
    } else {
      parts.push(el("p", {}, el("b", {}, geomap.plural(place.literal, "mention")), " where something is or happens, ",
        el("b", {}, place.associative.toLocaleString("en")), ` only named; in ${geomap.plural(place.articles, "article")} in all`));
    }
    if (place.isOwn) {
      parts.push(el("p", { class: unsure ? "gm-sure gm-sure-low" : "gm-sure" }, geomap.confidence(place.mean), place.articles > 1 ? " on average" : null));
    }
    if (geomap.data.periods.length > 1) parts.push(geomap.time.bars(geomap.corpus.series(place), 300, 44));
    if (area) parts.push(...within(place));
    const kept = geomap.corpus.sentences(place);
    if (kept.length) {
      parts.push(el("h3", {}, "Evidence"), el("ol", { class: "gm-mentions" }, kept.map(item)));
      if (kept.length < place.count) {
        parts.push(el("p", { class: "gm-fact" }, `${geomap.plural(kept.length, "sentence")} of ${geomap.plural(place.count, "mention")}; all are in the data that this page was made from.`));
      }
    } else if (place.count > 0) {
      parts.push(el("p", { class: "gm-fact" }, "None of the sentences kept on this page fits what is shown; all are in the data that it was made from."));
    }
    const others = geomap.corpus.together(place);
    if (others.length) {
      parts.push(el("details", {}, el("summary", {}, "Named in the same articles"),
        el("ul", { class: "gm-list" }, others.map((other) => toPlace(other.place, geomap.plural(other.articles, "article"))))));
    }
    const facts = [];
    if (!area) facts.push(`${Math.abs(place.at[0]).toFixed(3)}° ${place.at[0] < 0 ? "S" : "N"}, ${Math.abs(place.at[1]).toFixed(3)}° ${place.at[1] < 0 ? "W" : "E"}`);
    if (place.isOwn) facts.push(place.id);
    parts.push(el("p", { class: "gm-fact gm-ids" }, facts.join(" · ")), el("p", { class: "gm-actions" }, geomap.links.button(geomap.links.hashOf(place))));
    return parts;
  }

  return { content, asMention };
})();
