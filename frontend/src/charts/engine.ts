import { BarChart, BoxplotChart, CustomChart, HeatmapChart, LineChart, ScatterChart } from "echarts/charts";
import { DataZoomInsideComponent, GridComponent, LegendPlainComponent, LegendScrollComponent, MarkLineComponent, MarkPointComponent, TooltipComponent, VisualMapComponent } from "echarts/components";
import { init, type EChartsType, registerLocale, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { language } from "../strings";

/** The chart library, cut down to what is drawn. A chunk of its own: pages come first, pictures when they are there. */
use([BarChart, BoxplotChart, CustomChart, HeatmapChart, LineChart, ScatterChart]);
use([DataZoomInsideComponent, GridComponent, LegendPlainComponent, LegendScrollComponent, MarkLineComponent, MarkPointComponent, TooltipComponent, VisualMapComponent, SVGRenderer]);

const named = (options: Intl.DateTimeFormatOptions, dates: number[]): string[] => dates.map((day) => new Intl.DateTimeFormat(language, { ...options, timeZone: "UTC" }).format(day));
const DAY = 86_400_000;
const MONTHS = Array.from({ length: 12 }, (_, month) => Date.UTC(2023, month));
// 2023 began on a Sunday.
const WEEK = Array.from({ length: 7 }, (_, day) => Date.UTC(2023, 0, 1) + day * DAY);

// Months at an axis of time are in the language of the page.
registerLocale("PAGE", {
  time: { month: named({ month: "long" }, MONTHS), monthAbbr: named({ month: "short" }, MONTHS), dayOfWeek: named({ weekday: "long" }, WEEK), dayOfWeekAbbr: named({ weekday: "short" }, WEEK) },
} as Parameters<typeof registerLocale>[1]);

export type { EChartsType };
export const draw = (place: HTMLElement): EChartsType => init(place, null, { renderer: "svg", locale: "PAGE" });
