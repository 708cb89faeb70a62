import { Autocomplete, Select } from "@mantine/core";
import { useEndpoints, useWorkflows } from "../api/queries";
import type { Shared } from "./ParamField";

/** One of your workflows by its name; what is kept is its id, also where the list does not have it (any more). */
export function WorkflowPicker({ value, onChange, ...shared }: Shared & { value: string | null; onChange: (workflow: string | null) => void }) {
  const { data } = useWorkflows();
  const known = (data ?? []).map((one) => ({ value: one.id, label: one.name }));
  const options = value && !known.some((one) => one.value === value) ? [...known, { value, label: value }] : known;
  return <Select {...shared} data={options} value={value} clearable searchable onChange={onChange} />;
}

/** An endpoint by its name, or any text that is one. */
export function EndpointPicker({ value, onChange, ...shared }: Shared & { value: string; onChange: (endpoint: string) => void }) {
  const { data } = useEndpoints();
  return <Autocomplete {...shared} data={[...new Set((data ?? []).map((one) => one.name))]} value={value} onChange={onChange} />;
}
