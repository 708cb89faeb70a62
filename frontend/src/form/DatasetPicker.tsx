import { Button, FileButton, Group, Progress, Select, Stack } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconUpload } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useDatasets } from "../api/queries";
import { uploadDataset } from "../api/upload";
import { ACCEPTED } from "../model/starter";
import { t } from "../strings";

interface PickerProps {
  label?: ReactNode;
  description?: ReactNode;
  error?: ReactNode;
  value: string;
  onChange: (dataset: string) => void;
}

/** Samples and your own datasets, and a way to upload another one. */
export function DatasetPicker({ value, onChange, ...shared }: PickerProps) {
  const { data } = useDatasets();
  const groups = [
    { group: t.data.samples, items: (data?.samples ?? []).map((one) => ({ value: String(one.id), label: String(one.title) })) },
    { group: t.data.yours, items: (data?.items ?? []).filter((one) => one.status !== "refused").map((one) => ({ value: one.id, label: one.name })) },
  ];
  return (
    <Stack gap={6}>
      <Select {...shared} data={groups} value={value} allowDeselect={false} searchable onChange={(next) => next && onChange(next)} />
      <UploadButton onUploaded={onChange} />
    </Stack>
  );
}

/** Choose a file, watch it go, get the dataset's id. */
export function UploadButton({ onUploaded, big = false, calm = false }: { onUploaded: (dataset: string, filename: string) => void; big?: boolean; calm?: boolean }) {
  const [share, setShare] = useState<number | null>(null);
  const cache = useQueryClient();
  const take = async (file: File | null) => {
    if (!file) return;
    setShare(0);
    try {
      const dataset = await uploadDataset(file, setShare);
      await cache.invalidateQueries({ queryKey: ["datasets"] });
      onUploaded(dataset.id, file.name);
    } catch (error) {
      notifications.show({ color: "red", title: file.name, message: error instanceof Error ? error.message : String(error), autoClose: false });
    } finally {
      setShare(null);
    }
  };
  return (
    <Group gap="xs">
      <FileButton onChange={(file) => void take(file)} accept={ACCEPTED}>
        {(props) => (
          <Button {...props} variant={big && !calm ? "filled" : "default"} size={big ? "sm" : "xs"} leftSection={<IconUpload size={14} aria-hidden />} loading={share !== null}>
            {t.home.upload}
          </Button>
        )}
      </FileButton>
      {share !== null && <Progress value={share * 100} w={120} aria-label={t.home.upload} />}
    </Group>
  );
}
