import { Link } from "wouter";
import { useEndpoints } from "../api/queries";
import { formatAgo, t } from "../strings";
import { Empty, Loaded, Page } from "../ui/Page";

export default function EndpointsPage() {
  const endpoints = useEndpoints();
  return (
    <Page title={t.endpoints.title}>
      <Loaded query={endpoints}>
        {(items) =>
          items.length === 0 ? (
            <Empty text={t.endpoints.none} />
          ) : (
            <div className="cards">
              {items.map((one) => (
                <Link key={one.id} className="card" href={`/endpoints/${one.id}`}>
                  <b>{one.name}</b>
                  <span>
                    {t.endpoints.serves(one.model, one.version)}
                  </span>
                  <small>{formatAgo(one.updated_at)}</small>
                </Link>
              ))}
            </div>
          )
        }
      </Loaded>
    </Page>
  );
}
