import { useLoaderData } from "react-router";

export function meta() {
  return [{ title: "New React Router App" }];
}

export function loader({ request }: { request: Request }) {
  return { path: new URL(request.url).pathname };
}

export default function Home() {
  const { path } = useLoaderData<typeof loader>();
  return <h1>Hello from {path}</h1>;
}
