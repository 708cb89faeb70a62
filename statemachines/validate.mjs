// Reads a JSON list of {name, definition} on standard input and prints a JSON list of {name, errors} for those that asl-validator refuses.
import { readFileSync } from "node:fs";
import validator from "asl-validator";

const machines = JSON.parse(readFileSync(0, "utf8"));
const refused = machines
  .map(({ name, definition }) => ({ name, ...validator(definition, { checkPaths: true }) }))
  .filter(({ isValid }) => !isValid)
  .map(({ name, errors }) => ({ name, errors: errors.map((error) => `${error["Error code"]}: ${error.Message}`) }));
process.stdout.write(JSON.stringify(refused));
