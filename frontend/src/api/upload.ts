import { api, data } from "./client";

/** Upload a file as a dataset: announce it, send it to the address that was given, say that it is there. `onProgress` gets 0 to 1. */
export async function uploadDataset(file: File, onProgress: (share: number) => void) {
  const made = data(await api.POST("/api/datasets", { body: { name: file.name.replace(/\.[^.]+$/, "") || file.name, filename: file.name, bytes: file.size } }));
  await send(made.upload.url, file, onProgress);
  return data(await api.POST("/api/datasets/{dataset}/complete", { params: { path: { dataset: made.dataset.id } } }));
}

/** `fetch` cannot tell how far an upload is; XMLHttpRequest can. */
function send(url: string, file: File, onProgress: (share: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", url);
    request.upload.onprogress = (event) => onProgress(event.total ? event.loaded / event.total : 0);
    request.onload = () => (request.status < 300 ? resolve() : reject(new Error(`The upload was refused (${request.status}).`)));
    request.onerror = () => reject(new Error("The upload broke off. Check the connection and try again."));
    request.send(file);
  });
}
