import { Textarea } from "@mantine/core";
import { useState } from "react";
import { t } from "../strings";
import type { Shared } from "./ParamField";

interface JsonProps extends Shared {
  value: unknown;
  onChange: (value: unknown) => void;
}

/** A value of any shape, as JSON. What cannot be read yet stays in the field and changes nothing. */
export function JsonField({ value, onChange, error, description, ...shared }: JsonProps) {
  const [draft, setDraft] = useState<string | null>(null);
  const take = (text: string) => {
    try {
      onChange(text.trim() === "" ? undefined : (JSON.parse(text) as unknown));
      setDraft(null);
    } catch {
      setDraft(text);
    }
  };
  return (
    <Textarea
      {...shared}
      description={description ?? t.form.jsonHint}
      error={draft === null ? error : t.form.notJson}
      classNames={{ input: "code-input" }}
      autosize
      minRows={2}
      maxRows={14}
      spellCheck={false}
      value={draft ?? (value === undefined ? "" : JSON.stringify(value, null, 1))}
      onChange={(event) => setDraft(event.currentTarget.value)}
      onBlur={() => draft !== null && take(draft)}
    />
  );
}
