import { useComputedColorScheme } from "@mantine/core";
import { useReducedMotion } from "@mantine/hooks";
import { useEffect, useMemo, useRef, useState } from "react";
import type { EChartsType } from "./engine";
import type { Form } from "./forms";
import { type Look, optionOf } from "./option";

const SERIES = [1, 2, 3, 4, 5].map((place) => `--series-${place}`);
const HEAT = ["--heat-low", "--heat-middle", "--heat-high"];

/** The theme's colours as they are now: the picture is drawn again when the theme changes. */
function useLook(): Look {
  const scheme = useComputedColorScheme("light");
  const still = useReducedMotion();
  return useMemo(() => {
    const style = getComputedStyle(document.documentElement);
    const plain = (name: string) => style.getPropertyValue(name).trim();
    const [text, calm, line, card] = ["--mantine-color-text", "--calm", "--line", "--card"].map(plain) as [string, string, string, string];
    return { series: SERIES.map(plain), text, calm, line, card, heat: HEAT.map(plain), still };
    // The scheme stands for every colour read here.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [scheme, still]);
}

const HEIGHT = 280;
const ROW = 20;
const CELL = 26;

/** Tall enough for what is named beside it. */
function heightOf(form: Form): number {
  if (form.form === "bars" && form.across) return Math.max(150, 84 + form.names.length * ROW * Math.max(1, form.series.filter((one) => !one.hidden && !form.stacked).length));
  if (form.form === "heat") return Math.max(220, (form.x.length > 5 ? 176 : 106) + form.y.length * CELL);
  return HEIGHT;
}

/** A form as a picture. The library arrives on its own; until then the place is kept, so that nothing jumps. */
export default function Plot({ form, label }: { form: Form; label: string }) {
  const place = useRef<HTMLDivElement>(null);
  const [chart, setChart] = useState<EChartsType | null>(null);
  const [width, setWidth] = useState(0);
  const look = useLook();
  useEffect(() => {
    let gone = false;
    let made: EChartsType | null = null;
    const watch = new ResizeObserver(() => {
      made?.resize();
      if (place.current) setWidth(place.current.clientWidth);
    });
    void import("./engine").then(({ draw }) => {
      if (gone || !place.current) return;
      made = draw(place.current);
      watch.observe(place.current);
      setChart(made);
    });
    return () => {
      gone = true;
      watch.disconnect();
      made?.dispose();
    };
  }, []);
  useEffect(() => {
    if (chart && !chart.isDisposed()) chart.setOption(optionOf(form, { ...look, width }), { notMerge: true });
  }, [chart, form, look, width]);
  return <div ref={place} className="plot" role="img" aria-label={label} style={{ height: heightOf(form), maxWidth: form.form === "heat" ? 200 + form.x.length * 96 : undefined }} data-drawn={chart !== null} />;
}
