import { canvas } from "./canvas";
import { charts } from "./charts";
import { home } from "./home";
import { order } from "./order";
import { pages } from "./pages";
import { panel } from "./panel";
import { reading } from "./reading";
import { runs } from "./runs";
import { site } from "./site";
import { shell } from "./shell";
import { table } from "./table";
import { versions } from "./versions";

/** English: the catalogue that every other language follows, one file an area. */
export const en = { ...canvas, ...charts, ...home, ...order, ...pages, ...panel, ...reading, ...runs, ...shell, ...site, ...table, ...versions };
