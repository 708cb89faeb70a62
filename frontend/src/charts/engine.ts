import { BarChart, BoxplotChart, CustomChart, HeatmapChart, LineChart, ScatterChart } from "echarts/charts";
import { DataZoomInsideComponent, GridComponent, LegendPlainComponent, LegendScrollComponent, MarkLineComponent, MarkPointComponent, TooltipComponent, VisualMapComponent } from "echarts/components";
import { init, type EChartsType, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

/** The chart library, cut down to what is drawn. A chunk of its own: pages come first, pictures when they are there. */
use([BarChart, BoxplotChart, CustomChart, HeatmapChart, LineChart, ScatterChart]);
use([DataZoomInsideComponent, GridComponent, LegendPlainComponent, LegendScrollComponent, MarkLineComponent, MarkPointComponent, TooltipComponent, VisualMapComponent, SVGRenderer]);

export type { EChartsType };
export const draw = (place: HTMLElement): EChartsType => init(place, null, { renderer: "svg" });
