import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiProblem } from "./api/client";
import { App } from "./app";
import { theme, variables } from "./ui/theme";

// A refusal stays a refusal; only a server that could not be reached is asked again.
const retry = (count: number, error: Error) => !(error instanceof ApiProblem && error.problem.status < 500) && count < 3;
const retryDelay = (count: number) => 400 * 2 ** count;
const client = new QueryClient({ defaultOptions: { queries: { retry, retryDelay, refetchOnWindowFocus: true } } });

/** Draw the application. Loaded when the language is known: titles and commands read the catalogue while their modules load. */
export function boot(root: HTMLElement): void {
  createRoot(root).render(
    <StrictMode>
      <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
        <QueryClientProvider client={client}>
          <Notifications position="bottom-right" />
          <App />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
}
