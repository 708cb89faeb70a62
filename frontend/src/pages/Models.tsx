import { Badge, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import { Link } from "wouter";
import { useModels } from "../api/queries";
import { tagsOf } from "../model/card";
import { formatAgo, t } from "../strings";
import { Empty, Loaded, Page } from "../ui/Page";

const SEARCH_MS = 200;

/** All models, with their champion. The search goes through all of them, not only those in view. */
export default function ModelsPage() {
  const [wanted, setWanted] = useState("");
  const [search] = useDebouncedValue(wanted.trim(), SEARCH_MS);
  const models = useModels(search);
  return (
    <Page title={t.models.title}>
      <Loaded query={models}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items);
          if (items.length === 0 && !wanted && !search) {
            return (
              <Empty text={t.models.none}>
                <Button component={Link} href="/">
                  {t.home.templates}
                </Button>
              </Empty>
            );
          }
          return (
            <Stack>
              <TextInput aria-label={t.models.find} placeholder={t.models.find} value={wanted} maw={420} maxLength={200} onChange={(event) => setWanted(event.currentTarget.value)} />
              <div className="cards">
                {items.map((one) => (
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
              {items.length === 0 && !models.hasNextPage && (
                <Text c="dimmed" role="status">
                  {t.models.noneFound}
                </Text>
              )}
              {models.hasNextPage && (
                <Button variant="default" loading={models.isFetchingNextPage} onClick={() => void models.fetchNextPage()} style={{ alignSelf: "flex-start" }}>
                  {t.order.more}
                </Button>
              )}
            </Stack>
          );
        }}
      </Loaded>
    </Page>
  );
}
