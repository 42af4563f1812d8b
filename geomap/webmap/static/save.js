// What a reader can take away: the places shown as GeoJSON or as a table, the picture, paper.
"use strict";

geomap.save = (function () {
  const el = (...args) => geomap.el(...args);

  // What is saved: a row a mention, unless the page says otherwise.
  let rows = () => geomap.data.mentions.filter((m) => m.at && geomap.isShown(m)).map(row);

  const row = (mention) => ({
    article: mention.of.id,
    title: mention.of.title,
    source: mention.of.source,
    published: mention.of.published,
    start: mention.start,
    end: mention.end,
    text: mention.text,
    role: mention.role,
    place_id: mention.at.id,
    name: mention.at.name,
    kind: mention.at.kind,
    country_code: mention.at.country,
    region: mention.at.admin1_name,
    ...(geomap.hasAreas() ? { area: geomap.areaOf(mention.at)?.name ?? null } : {}),
    latitude: mention.at.at[0],
    longitude: mention.at.at[1],
    precision: mention.precision,
    confidence: mention.confidence,
    sentence: mention.of.slice(...mention.sentence),
  });

  function geojson() {
    const features = rows().map(({ latitude, longitude, ...properties }) => {
      return { type: "Feature", geometry: { type: "Point", coordinates: [longitude, latitude] }, properties };
    });
    return JSON.stringify({ type: "FeatureCollection", features }, null, 1);
  }

  // A cell that a spreadsheet would run as a formula is led by an apostrophe.
  function cell(value) {
    if (value === null || value === undefined) return "";
    if (typeof value === "number") return String(value);
    const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  }

  function csv() {
    const all = rows();
    const columns = all.length ? Object.keys(all[0]) : ["article"];
    return `\ufeff${[columns, ...all.map((r) => columns.map((c) => r[c]))].map((r) => r.map(cell).join(",")).join("\r\n")}\r\n`;
  }

  const name = (suffix) => {
    const words = geomap.data.title.normalize("NFKD").replace(/[^A-Za-z0-9]+/g, "-").replace(/^-+|-+$/g, "").toLowerCase();
    return `${words.slice(0, 60) || "map"}.${suffix}`;
  };

  function give(content, type, file) {
    const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
    const link = el("a", { href: url, download: file });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  }

  const CHOICES = {
    "Places as GeoJSON": () => give(geojson(), "application/geo+json", name("geojson")),
    "Table as CSV": () => give(csv(), "text/csv;charset=utf-8", name("csv")),
    "Picture as PNG": async () => give(await geomap.picture.png(), "image/png", name("png")),
    "Picture as SVG": () => give(geomap.picture.svg(), "image/svg+xml", name("svg")),
    "Print": () => window.print(),
  };

  function start(given = rows) {
    rows = given;
    const menu = geomap.byId("gm-menu");
    geomap.byId("gm-menu-list").append(...Object.entries(CHOICES).map(([text, act]) =>
      el("li", {}, el("button", { type: "button", onclick: () => {
        menu.open = false;
        act();
      } }, text))));
    // What lies under the open menu is not to be hit beside it.
    menu.addEventListener("toggle", () => {
      geomap.byId("gm-tools").inert = menu.open;
    });
    menu.addEventListener("focusout", ({ relatedTarget }) => {
      if (relatedTarget && !menu.contains(relatedTarget)) menu.open = false;
    });
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !menu.open) return;
      event.stopPropagation();
      menu.open = false;
      menu.querySelector("summary").focus();
    });
    document.addEventListener("click", (event) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
    // On paper the map is its picture: canvas would be missing or coarse there.
    let paper = null;
    const light = (on) => {
      document.documentElement.classList.toggle("gm-light", on);
      geomap.emit("theme");
    };
    window.addEventListener("beforeprint", () => {
      light(true);
      paper = el("div", { class: "gm-paper", "aria-hidden": "true" }, geomap.picture.draw());
      geomap.map.getContainer().before(paper);
      light(false);
    });
    window.addEventListener("afterprint", () => paper?.remove());
  }

  return { start, give };
})();
