import { Button } from "@mantine/core";
import { Link } from "wouter";
import { useModels } from "../api/queries";
import { formatAgo, t } from "../strings";
import { Empty, Loaded, Page } from "../ui/Page";

/** All models, with their champion. */
export default function ModelsPage() {
  const models = useModels();
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
            <div className="cards">
              {items.map((one) => (
                <Link key={one.name} className="card" href={`/models/${encodeURIComponent(one.name)}`}>
                  <b>{one.name}</b>
                  {one.aliases.champion !== undefined && <span>{t.site.champion(one.aliases.champion)}</span>}
                  <small>
                    {t.models.versions(one.versions)} · {formatAgo(one.updated_at)}
                  </small>
                </Link>
              ))}
            </div>
          )
        }
      </Loaded>
    </Page>
  );
}
