import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { SignIn } from "./sign-in.tsx";
import "./style.css";

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <SignIn />
    </StrictMode>,
  );
}
