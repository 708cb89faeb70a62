/** Drawn SVG as files of their own. */

const SCALE = 2;

function sizeOf(svg: SVGSVGElement): [number, number] {
  const [, , width, height] = (svg.getAttribute("viewBox") ?? "").split(" ").map(Number);
  const box = svg.getBoundingClientRect();
  return [width || box.width || 300, height || box.height || 300];
}

/** The picture on its own ground: colours of the theme become plain colours. */
export function standalone(svg: SVGSVGElement): string {
  const style = getComputedStyle(svg);
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const [width, height] = sizeOf(svg);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", String(width));
  copy.setAttribute("height", String(height));
  copy.setAttribute("viewBox", `0 0 ${width} ${height}`);
  copy.setAttribute("font-family", "system-ui, sans-serif");
  copy.removeAttribute("style");
  const ground = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  for (const [name, value] of [["width", "100%"], ["height", "100%"], ["fill", style.getPropertyValue("--card").trim() || "white"]] as const) ground.setAttribute(name, value);
  copy.prepend(ground);
  const plain = (text: string): string => text.replaceAll(/var\((--[\w-]+)\)/g, (_, name: string) => style.getPropertyValue(name).trim() || "currentColor");
  return plain(plain(new XMLSerializer().serializeToString(copy)));
}

/** The same as pixels, twice as fine as on the screen. */
export async function asPng(svg: SVGSVGElement): Promise<Blob | null> {
  const [width, height] = sizeOf(svg);
  const address = URL.createObjectURL(new Blob([standalone(svg)], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [width * SCALE, height * SCALE];
    const pen = canvas.getContext("2d");
    if (!pen) return null;
    pen.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  } finally {
    URL.revokeObjectURL(address);
  }
}
