import type { Strings } from "../../strings";
import { over, type Translation } from "../translation";
import { en } from "../en";
import { canvas } from "./canvas";
import { charts } from "./charts";
import { home } from "./home";
import { order } from "./order";
import { pages } from "./pages";
import { panel } from "./panel";
import { reading } from "./reading";
import { runs } from "./runs";
import { shell } from "./shell";
import { site } from "./site";
import { table } from "./table";
import { versions } from "./versions";

const said: Translation<Strings> = { ...canvas, ...charts, ...home, ...order, ...pages, ...panel, ...reading, ...runs, ...shell, ...site, ...table, ...versions };

/** German. */
export const de: Strings = over(en, said);
export { said };
