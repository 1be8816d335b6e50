import "./elements/app.js";
import { applyTheme } from "./theme.js";

applyTheme();
