import { Badge, Button, Group, Stack, TextInput } from "@mantine/core";
import { useState } from "react";
import { Link } from "wouter";
import { useModels } from "../api/queries";
import { tagsOf } from "../model/card";
import { formatAgo, t } from "../strings";
import { Empty, Loaded, Page } from "../ui/Page";

/** All models, with their champion. */
export default function ModelsPage() {
  const models = useModels();
  const [wanted, setWanted] = useState("");
  const fits = (words: readonly string[]) => words.some((one) => one.toLowerCase().includes(wanted.trim().toLowerCase()));
  return (
    <Page title={t.models.title}>
      <Loaded query={models}>
        {(items) =>
          items.length === 0 ? (
            <Empty text={t.models.none}>
              <Button component={Link} href="/">
                {t.home.templates}
              </Button>
            </Empty>
          ) : (
            <Stack>
              <TextInput aria-label={t.models.find} placeholder={t.models.find} value={wanted} maw={420} onChange={(event) => setWanted(event.currentTarget.value)} />
              <div className="cards">
                {items.filter((one) => fits([one.name, ...tagsOf(one.tags)])).map((one) => (
                  <Link key={one.name} className="card" href={`/models/${encodeURIComponent(one.name)}`}>
                    <b>{one.name}</b>
                    {one.aliases.champion !== undefined && <span>{t.site.champion(one.aliases.champion)}</span>}
                    <Group gap={4}>
                      {tagsOf(one.tags).map((tag) => (
                        <Badge key={tag} size="sm" variant="default" tt="none">
                          {tag}
                        </Badge>
                      ))}
                    </Group>
                    <small>
                      {t.models.versions(one.versions)} · {formatAgo(one.updated_at)}
                    </small>
                  </Link>
                ))}
              </div>
            </Stack>
          )
        }
      </Loaded>
    </Page>
  );
}
