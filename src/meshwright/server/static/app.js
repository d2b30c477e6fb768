// What pages do more with scripts: everything can be read without them.
"use strict";

// --- light and dark

for (const link of document.querySelectorAll("[data-theme-switch]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    const root = document.documentElement;
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax`;
  });
}

// --- keyboard

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing) {
    const field = document.querySelector("[data-suggest] input");
    if (field) {
      event.preventDefault();
      field.focus();
      field.select();
    }
  }
});

// --- search as you type

class Suggestions {
  constructor(form) {
    this.input = form.querySelector("input");
    this.list = document.createElement("div");
    this.list.className = "suggestions";
    this.list.id = `${this.input.id}-suggestions`;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "Suggestions");
    this.list.hidden = true;
    form.append(this.list);
    const input = this.input;
    for (const [name, value] of Object.entries({
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": this.list.id,
    })) input.setAttribute(name, value);
    input.addEventListener("input", () => this.ask());
    input.addEventListener("focus", () => this.ask());
    input.addEventListener("keydown", (event) => this.key(event));
    form.addEventListener("focusout", (event) => {
      if (!form.contains(event.relatedTarget)) this.close();
    });
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
  }

  async ask() {
    const text = this.input.value.trim();
    if (text.length < 2) return this.close();
    this.pending?.abort();
    const pending = (this.pending = new AbortController());
    try {
      const address = `/search/suggestions?q=${encodeURIComponent(text)}`;
      const answer = await fetch(address, { signal: pending.signal });
      if (answer.ok) this.show(await answer.json());
    } catch (error) {
      if (error.name !== "AbortError") this.close();
    }
  }

  show(found) {
    this.list.replaceChildren();
    this.chosen = -1;
    for (const [place, each] of found.results.entries()) {
      const link = document.createElement("a");
      link.href = each.href;
      link.id = `${this.list.id}-${place}`;
      link.setAttribute("role", "option");
      link.setAttribute("aria-selected", "false");
      link.tabIndex = -1;
      for (const name of ["kind", "name", "where"]) {
        const part = document.createElement("span");
        part.className = name;
        part.textContent = each[name];
        link.append(part);
      }
      this.list.append(link);
    }
    this.list.hidden = found.results.length === 0;
    this.input.setAttribute("aria-expanded", String(!this.list.hidden));
    this.input.removeAttribute("aria-activedescendant");
  }

  close() {
    this.pending?.abort();
    this.list.hidden = true;
    this.chosen = -1;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  key(event) {
    const links = [...this.list.children];
    if (event.key === "Escape") {
      if (this.list.hidden) this.input.blur();
      else this.close();
      event.preventDefault();
    } else if (!this.list.hidden && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      this.chosen = (this.chosen + step + links.length + (this.chosen < 0 && step < 0 ? 1 : 0)) % links.length;
      links.forEach((link, place) => link.setAttribute("aria-selected", String(place === this.chosen)));
      links[this.chosen].scrollIntoView({ block: "nearest" });
      this.input.setAttribute("aria-activedescendant", links[this.chosen].id);
    } else if (event.key === "Enter" && !this.list.hidden && this.chosen >= 0) {
      event.preventDefault();
      location.assign(links[this.chosen].href);
    }
  }
}

for (const form of document.querySelectorAll("[data-suggest]")) new Suggestions(form);

// --- copying

for (const place of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) break;
  const text = place.textContent.trim();
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
  place.append(button);
}

// --- graphs: pan, zoom, and what belongs together

const LEAST_SCALE = 0.5;

class Canvas {
  constructor(place) {
    this.place = place;
    this.graph = place.querySelector("svg.graph");
    if (!this.graph) return;
    const box = this.graph.viewBox.baseVal;
    this.whole = { x: box.x, y: box.y, width: box.width, height: box.height };
    const style = getComputedStyle(place);
    const room = Math.min(Number.parseFloat(style.maxHeight) || 640, Math.max(box.height, 160));
    const scale = Math.min(1, place.clientWidth / box.width);
    this.height = Math.max(Math.min(room, box.height * scale + 2), Math.min(room, 220));
    this.graph.setAttribute("width", "100%");
    this.graph.setAttribute("height", String(this.height));
    this.graph.setAttribute("preserveAspectRatio", "xMidYMid meet");
    place.classList.add("live");
    this.fit();
    this.tools();
    this.listen();
  }

  fit() {
    this.view = { ...this.whole };
    const width = this.place.clientWidth;
    if (this.view.width < width) {
      this.view.x -= (width - this.view.width) / 2;
      this.view.width = width;
    }
    if (width / this.view.width < LEAST_SCALE) this.start(width);
    this.draw();
  }

  // Where all of it would be too small to read, the view begins at what is picked out.
  start(width) {
    const picked = this.graph.querySelector(".marked .box-back")?.getBBox();
    const scale = LEAST_SCALE * 1.2;
    this.view.width = width / scale;
    this.view.height = Math.min(this.height / scale, this.whole.height);
    const middle = picked ? picked.x + picked.width / 2 : this.view.width / 2;
    const most = this.whole.x + this.whole.width - this.view.width;
    this.view.x = Math.min(Math.max(middle - this.view.width / 2, this.whole.x), most);
    const level = picked ? picked.y + picked.height / 2 : this.whole.height / 2;
    this.view.y = level - this.view.height / 2;
  }

  all() {
    const small = this.place.clientWidth / this.whole.width < LEAST_SCALE;
    const isAll = this.view.width >= this.whole.width;
    if (!small || isAll) return this.fit();
    this.view = { ...this.whole };
    this.draw();
  }

  draw() {
    const { x, y, width, height } = this.view;
    this.graph.setAttribute("viewBox", `${x} ${y} ${width} ${height}`);
  }

  scale() {
    const { width, height } = this.graph.getBoundingClientRect();
    return Math.max(this.view.width / width, this.view.height / height);
  }

  zoom(factor, at) {
    const least = Math.min(this.whole.width, 320);
    const most = Math.max(this.whole.width, this.place.clientWidth) * 2;
    const width = Math.min(Math.max(this.view.width * factor, least), most);
    factor = width / this.view.width;
    const middle = at ?? { x: this.view.x + this.view.width / 2, y: this.view.y + this.view.height / 2 };
    this.view.x = middle.x - (middle.x - this.view.x) * factor;
    this.view.y = middle.y - (middle.y - this.view.y) * factor;
    this.view.width *= factor;
    this.view.height *= factor;
    this.draw();
  }

  point(event) {
    const here = new DOMPoint(event.clientX, event.clientY);
    return here.matrixTransform(this.graph.getScreenCTM().inverse());
  }

  tools() {
    const tools = document.createElement("div");
    tools.className = "canvas-tools";
    const actions = [
      ["+", "Zoom in", () => this.zoom(0.8)],
      ["−", "Zoom out", () => this.zoom(1.25)],
      ["⤢", "Show all", () => this.all()],
    ];
    for (const [sign, name, act] of actions) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "plain";
      button.textContent = sign;
      button.title = name;
      button.setAttribute("aria-label", name);
      button.addEventListener("click", act);
      tools.append(button);
    }
    this.place.append(tools);
  }

  listen() {
    const place = this.place;
    place.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey && !place.matches(":focus-within, :focus")) return;
      event.preventDefault();
      this.zoom(event.deltaY > 0 ? 1.12 : 0.89, this.point(event));
    }, { passive: false });
    const pointers = new Map();
    place.addEventListener("pointerdown", (event) => {
      if (event.target.closest("button")) return;
      pointers.set(event.pointerId, event);
      this.moved = false;
    });
    place.addEventListener("pointermove", (event) => {
      const before = pointers.get(event.pointerId);
      if (!before) return;
      const apart = Math.hypot(event.clientX - before.clientX, event.clientY - before.clientY);
      if (!this.moved && apart < 4) return;
      if (!this.moved) place.setPointerCapture(event.pointerId);
      this.moved = true;
      if (pointers.size === 2) {
        const [a, b] = [...pointers.values()];
        const other = a.pointerId === event.pointerId ? b : a;
        const was = Math.hypot(before.clientX - other.clientX, before.clientY - other.clientY);
        const is = Math.hypot(event.clientX - other.clientX, event.clientY - other.clientY);
        if (is > 0) this.zoom(was / is, this.point(event));
      } else {
        const scale = this.scale();
        this.view.x -= (event.clientX - before.clientX) * scale;
        this.view.y -= (event.clientY - before.clientY) * scale;
        this.draw();
      }
      pointers.set(event.pointerId, event);
    });
    for (const name of ["pointerup", "pointercancel"]) {
      place.addEventListener(name, (event) => pointers.delete(event.pointerId));
    }
    place.addEventListener("click", (event) => {
      if (this.moved) event.preventDefault();
      this.moved = false;
    }, true);
    place.addEventListener("dragstart", (event) => event.preventDefault());
    place.addEventListener("keydown", (event) => {
      const step = 60 * this.scale();
      const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
      if (event.key in moves) {
        this.view.x += moves[event.key][0];
        this.view.y += moves[event.key][1];
        this.draw();
      } else if (event.key === "+" || event.key === "=") this.zoom(0.8);
      else if (event.key === "-") this.zoom(1.25);
      else if (event.key === "0") this.fit();
      else return;
      event.preventDefault();
    });
    this.light();
  }

  // A node that is pointed at, or has the focus, is shown with what leads to it and from it.
  light() {
    const nodes = new Map();
    for (const node of this.graph.querySelectorAll("[data-key]")) nodes.set(node.dataset.key, node);
    const wires = [...this.graph.querySelectorAll("[data-from]")];
    const show = (event) => {
      const node = event.target.closest("[data-key]");
      for (const lit of this.graph.querySelectorAll(".lit")) lit.classList.remove("lit");
      this.graph.classList.toggle("faded", Boolean(node));
      if (!node) return;
      node.classList.add("lit");
      for (const forward of [true, false]) {
        const left = [node.dataset.key];
        const seen = new Set(left);
        while (left.length) {
          const key = left.pop();
          for (const wire of wires) {
            const [start, end] = forward
              ? [wire.dataset.from, wire.dataset.to]
              : [wire.dataset.to, wire.dataset.from];
            if (start !== key) continue;
            wire.classList.add("lit");
            nodes.get(end)?.classList.add("lit");
            if (!seen.has(end)) {
              seen.add(end);
              left.push(end);
            }
          }
        }
      }
    };
    this.graph.addEventListener("pointerover", show);
    this.graph.addEventListener("focusin", show);
    this.graph.addEventListener("pointerleave", () => this.graph.classList.remove("faded"));
    this.graph.addEventListener("focusout", () => this.graph.classList.remove("faded"));
  }
}

for (const place of document.querySelectorAll("[data-canvas]")) new Canvas(place);

// --- columns with parts: folded until somebody asks

for (const table of document.querySelectorAll("table.columns")) {
  const rows = [...table.tBodies[0].rows];
  const below = (place) => {
    const depth = Number(rows[place].dataset.depth);
    let end = place + 1;
    while (end < rows.length && Number(rows[end].dataset.depth) > depth) end += 1;
    return rows.slice(place + 1, end);
  };
  for (const [place, row] of rows.entries()) {
    if (!("parent" in row.dataset)) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "unfold";
    const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    icon.setAttribute("viewBox", "0 0 16 16");
    icon.setAttribute("class", "icon");
    icon.setAttribute("aria-hidden", "true");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", "m6 3.5 4.5 4.5L6 12.5");
    icon.append(path);
    button.append(icon);
    const fold = (open) => {
      button.setAttribute("aria-expanded", String(open));
      const name = row.cells[0].innerText.trim();
      button.setAttribute("aria-label", `${open ? "Fold" : "Unfold"} ${name}`);
      const depth = Number(row.dataset.depth);
      for (const part of below(place)) {
        part.hidden = !open || Number(part.dataset.depth) > depth + 1;
        const inner = part.querySelector(".unfold");
        if (inner) inner.setAttribute("aria-expanded", "false");
      }
    };
    fold(false);
    button.addEventListener("click", () => fold(button.getAttribute("aria-expanded") !== "true"));
    row.cells[0].prepend(button);
  }
}
