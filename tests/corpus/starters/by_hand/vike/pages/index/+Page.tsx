import { useState } from "react";

export default function Page() {
  const [count, setCount] = useState(0);
  return (
    <>
      <h1>My Vike App</h1>
      <button type="button" onClick={() => setCount((count) => count + 1)}>Counter {count}</button>
    </>
  );
}
