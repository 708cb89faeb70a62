import { Link } from "wouter";
import { useModels } from "../api/queries";
import { formatAgo, t } from "../strings";
import { Empty, Loaded, Page } from "../ui/Page";

export default function ModelsPage() {
  const models = useModels();
  return (
    <Page title={t.models.title}>
      <Loaded query={models}>
        {(items) =>
          items.length === 0 ? (
            <Empty text={t.models.none} />
          ) : (
            <div className="cards">
              {items.map((one) => (
                <Link key={one.name} className="card" href={`/models/${one.name}`}>
                  <b>{one.name}</b>
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
