import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { useLocation } from "wouter";
import { api, data } from "../api/client";
import { createWorkflow } from "../api/queries";
import { MAX_BYTES, readDocument } from "../model/read";
import type { Workflow } from "../model/types";
import { t } from "../strings";
import { download } from "../ui/download";

export function exportDocument(workflow: Workflow): void {
  const name = workflow.name.replaceAll(/[^\p{L}\p{N}-]+/gu, "-").toLowerCase().slice(0, 60) || "workflow";
  download(`${name}.workflow.json`, new Blob([JSON.stringify(workflow, null, 1)], { type: "application/json" }));
}

/** Save a document as a new workflow and go to its canvas. */
export function useOpen() {
  const [, navigate] = useLocation();
  const cache = useQueryClient();
  return useCallback(
    async (document: Workflow | Record<string, unknown>, isExport = false): Promise<boolean> => {
      try {
        const record = isExport
          ? data(await api.POST("/api/workflows/import", { body: { document: document as Record<string, unknown> } }))
          : await createWorkflow(document as Workflow);
        void cache.invalidateQueries({ queryKey: ["workflows"] });
        navigate(`/workflows/${record.id}`);
        return true;
      } catch (error) {
        notifications.show({ color: "red", message: error instanceof Error ? error.message : String(error), autoClose: 10_000 });
        return false;
      }
    },
    [navigate, cache],
  );
}

/** Import a file as a new workflow. A file that is none is answered with a sentence; what is open stays as it is. */
export function useImport() {
  const open = useOpen();
  return useCallback(
    async (file: File | null) => {
      if (!file) return;
      const refuse = (message: string) => notifications.show({ color: "red", title: file.name, message, autoClose: 12_000 });
      if (file.size > MAX_BYTES) return void refuse(t.transfer.tooLarge(Math.round(file.size / 2 ** 20), MAX_BYTES / 2 ** 20));
      const read = readDocument(await file.text());
      if ("problem" in read) return void refuse(read.problem);
      if ("export" in read) return void (await open(read.export, true));
      for (const note of read.notes) notifications.show({ message: note, color: "yellow", autoClose: 8_000 });
      if (await open(read.document)) notifications.show({ message: t.canvas.imported(read.document.name) });
    },
    [open],
  );
}

/** Ask for a file, without a field on the page. */
export function chooseFile(onFile: (file: File) => void): void {
  const input = Object.assign(window.document.createElement("input"), { type: "file", accept: ".json,application/json" });
  input.addEventListener("change", () => input.files?.[0] && onFile(input.files[0]));
  input.click();
}
