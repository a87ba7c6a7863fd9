"use strict";
// Runs hpcheck, once for each message with the words of a command line, and answers with what it wrote.
importScripts("wasm_exec.js");

let program;
const compiled = () => program ||= fetch("hpcheck.wasm").then(async response => {
  if (!response.ok) throw new Error("hpcheck.wasm: " + response.status);
  return WebAssembly.compile(await response.arrayBuffer()); // whatever type the server says that it is of
});

onmessage = async ({ data: { id, args } }) => {
  try {
    const module = await compiled();
    const out = { 1: [], 2: [] };
    fs.writeSync = (fd, bytes) => { out[fd].push(bytes.slice()); return bytes.length; };
    const go = new Go();
    go.argv = ["hpcheck", ...args];
    let status = 0;
    go.exit = code => { status = code; };
    await go.run(await WebAssembly.instantiate(module, go.importObject));
    for (const timer of go._scheduledTimeouts.values()) clearTimeout(timer); // or Go wakes a program that has ended
    const text = async fd => new Blob(out[fd]).text();
    postMessage({ id, status, stdout: await text(1), stderr: await text(2) });
  } catch (error) {
    postMessage({ id, status: -1, stdout: "", stderr: String(error) });
  }
};
