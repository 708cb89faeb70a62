import { ActionIcon, Group, Input, Modal } from "@mantine/core";
import { IconArrowsDiagonal } from "@tabler/icons-react";
import { lazy, Suspense, useId, useState } from "react";
import { t } from "../strings";
import type { Language } from "./CodeEditor";
import { useForm } from "./context";
import type { Shared } from "./ParamField";

const CodeEditor = lazy(() => import("./CodeEditor"));

interface CodeProps extends Shared {
  language: Language;
  value: string;
  onChange: (value: string) => void;
}

/** A program: in the narrow panel, or in a window of its own. */
export function CodeField({ label, description, error, language, value, onChange }: CodeProps) {
  const { columns } = useForm();
  const [large, setLarge] = useState(false);
  const described = useId();
  const editor = (
    <Suspense fallback={<pre className="code-input">{value}</pre>}>
      <CodeEditor label={label} describedBy={described} invalid={Boolean(error)} language={language} columns={columns} value={value} onChange={onChange} />
    </Suspense>
  );
  const enlarge = (
    <ActionIcon variant="subtle" size="sm" aria-label={t.form.enlarge(label)} title={t.form.enlarge(label)} onClick={() => setLarge(true)}>
      <IconArrowsDiagonal size={14} />
    </ActionIcon>
  );
  return (
    <div>
      <Group justify="space-between" gap={4}>
        <Input.Label labelElement="div">{label}</Input.Label>
        {enlarge}
      </Group>
      <Input.Wrapper description={<span id={described}>{description}</span>} error={error} inputWrapperOrder={["description", "input", "error"]}>
        <div className="code-field">{!large && editor}</div>
      </Input.Wrapper>
      <Modal opened={large} onClose={() => setLarge(false)} title={label} size="min(1100px, 94vw)" classNames={{ body: "code-large" }}>
        {large && editor}
      </Modal>
    </div>
  );
}
