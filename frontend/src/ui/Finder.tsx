import { Modal, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { type KeyboardEvent, type ReactNode, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "react";
import { find, type Findable } from "../model/find";
import { t } from "../strings";

export interface Choice extends Findable {
  icon?: ReactNode;
  keys?: string | undefined;
  take: () => void;
}

interface FinderProps {
  title: string;
  opened: boolean;
  choices: readonly Choice[];
  nothing: string;
  /** What was typed before the field was there. */
  typed?: string | undefined;
  onClose: () => void;
  /** Hears what is typed, where choices come from further away. */
  onType?: (text: string) => void;
}

/** One field, one list: type, choose with the arrows, Enter takes. Adding nodes, connecting and the command palette are this. */
export function Finder({ title, opened, choices, nothing, typed, onClose, onType }: FinderProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={title} size="lg" yOffset="12vh" closeButtonProps={{ "aria-label": t.common.close }} transitionProps={{ duration: 0 }}>
      {opened && <List title={title} choices={choices} nothing={nothing} typed={typed} onClose={onClose} {...(onType ? { onType } : {})} />}
    </Modal>
  );
}

function List({ title, choices, nothing, typed = "", onClose, onType }: Omit<FinderProps, "opened">) {
  const [query, setQuery] = useState(typed);
  const [at, setAt] = useState(0);
  const list = useId();
  const chosen = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLInputElement>(null);
  // At once, not when the dialog comes to it: the next letter may be on its way.
  useLayoutEffect(() => field.current?.focus(), []);
  const found = useMemo(() => find(choices, query), [choices, query]);
  useEffect(() => {
    void chosen.current?.scrollIntoView({ block: "nearest" });
  }, [at, found]);

  const take = (choice: Choice | undefined) => {
    if (!choice) return;
    onClose();
    choice.take();
  };
  const onKey = (event: KeyboardEvent) => {
    const move = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (move) {
      event.preventDefault();
      setAt(Math.max(0, Math.min(found.length - 1, at + move)));
    } else if (event.key === "Enter") {
      event.preventDefault();
      take(found[at]);
    }
  };
  const option = (index: number) => `${list}-${index}`;
  return (
    <>
      <TextInput
        ref={field}
        data-autofocus
        aria-label={title}
        placeholder={t.finder.hint}
        leftSection={<IconSearch size={16} aria-hidden />}
        value={query}
        onChange={(event) => {
          setQuery(event.currentTarget.value);
          setAt(0);
          onType?.(event.currentTarget.value);
        }}
        onKeyDown={onKey}
        role="combobox"
        aria-expanded
        aria-controls={list}
        aria-activedescendant={found.length ? option(at) : undefined}
        aria-autocomplete="list"
      />
      <div id={list} role="listbox" aria-label={title} className="finder">
        {found.map((choice, index) => (
          <div key={choice.id} role="presentation">
            {choice.group !== found[index - 1]?.group && (
              <div className="group-title" role="presentation">
                {choice.group}
              </div>
            )}
            {/* oxlint-disable-next-line jsx-a11y/click-events-have-key-events */}
            <div ref={index === at ? chosen : undefined} id={option(index)} role="option" tabIndex={-1} aria-selected={index === at} className="finder-item" onClick={() => take(choice)}>
              {choice.icon}
              <span className="finder-title">{choice.title}</span>
              {choice.detail && <span className="finder-detail">{choice.detail}</span>}
              {choice.keys && <kbd>{choice.keys}</kbd>}
            </div>
          </div>
        ))}
      </div>
      <div role="status" className={found.length ? "visually-hidden" : "group-title"}>
        {found.length ? t.finder.found(found.length) : query ? t.finder.nothing : nothing}
      </div>
    </>
  );
}
