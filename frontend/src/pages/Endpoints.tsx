import { Button } from "@mantine/core";
import { Link } from "wouter";
import { useEndpoints } from "../api/queries";
import { formatAgo, t } from "../strings";
import { Empty, Loaded, Page } from "../ui/Page";

/** All endpoints, and what each serves. */
export default function EndpointsPage() {
  const endpoints = useEndpoints();
  return (
    <Page
      title={t.endpoints.title}
      actions={
        <Button component={Link} href="/models" variant="default">
          {t.site.deployOne}
        </Button>
      }
    >
      <Loaded query={endpoints}>
        {(items) =>
          items.length === 0 ? (
            <Empty text={t.endpoints.none}>
              <Button component={Link} href="/models">
                {t.site.deployOne}
              </Button>
            </Empty>
          ) : (
            <div className="cards">
              {items.map((one) => (
                <Link key={one.id} className="card" href={`/endpoints/${one.id}`}>
                  <b>{one.name}</b>
                  <span>{t.endpoints.serves(one.model, one.version)}</span>
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
