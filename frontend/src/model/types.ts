import { byName } from "./record";

/** The catalogue as the canvas sees it (`docs/contracts.md`, section 3). */
export type Kind = "table" | "model" | "evaluation" | "any";

export interface Port {
  name: string;
  kind: Kind;
  role: string | null;
  title: string;
  required?: boolean;
  implied?: boolean;
}

export interface JsonSchema {
  type?: string | string[];
  title?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  discriminator?: { propertyName: string };
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: JsonSchema | boolean;
  patternProperties?: Record<string, JsonSchema>;
  propertyNames?: JsonSchema;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  maxProperties?: number;
  pattern?: string;
  "x-widget"?: string;
  "x-advanced"?: boolean;
  /** The table input whose columns count; the first one where it is left out. */
  "x-table"?: string;
  /** Of a program: what it is written in. */
  "x-language"?: "python" | "postgresql" | "sqlite";
}

export interface NodeType {
  type: string;
  version: number;
  title: string;
  group: string;
  family: string;
  icon: string;
  summary: string;
  help: string;
  inputs: Port[];
  outputs: Port[];
  params: JsonSchema;
  /** Not in the catalogue: the card stays, and says so. */
  unknown?: boolean;
}

export interface Catalog {
  nodes: NodeType[];
  /** Every figure that models are scored by, and which end is better (null: neither). */
  metrics: Metrics;
  samples: Record<string, { title: string; rows: number; columns: Column[]; target: string; description: string }>;
}

export type Metrics = Record<string, { title: string; higher_is_better: boolean | null }>;

export interface Column {
  name: string;
  type: string;
}

/** The workflow document, as drawn and as stored. */
export interface DrawnNode {
  id: string;
  type: string;
  position: { x: number; y: number };
  data: { label: string; params: Record<string, unknown>; disabled?: boolean };
}

/** Words on the canvas. */
export interface Note {
  id: string;
  text: string;
  position: { x: number; y: number };
  width: number;
  height: number;
}

/** Nodes that belong together; the frame is drawn around them. */
export interface Group {
  id: string;
  label: string;
  nodes: string[];
}

export interface Connection {
  source: string;
  target: string;
  sourceHandle?: string | null;
  targetHandle?: string | null;
}

export interface Workflow {
  name: string;
  description: string;
  nodes: DrawnNode[];
  connections: Connection[];
  /** For the eye; left out while there are none. */
  notes?: Note[];
  groups?: Group[];
}

export type NodeTypes = Record<string, NodeType>;

export const byType = (catalog: Catalog): NodeTypes => byName(catalog.nodes.map((node) => [node.type, node]));
