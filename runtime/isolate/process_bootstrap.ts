/** First code of an isolate that is a process of its own: the same bootstrap, with another cell around it. */
import "./process_cell.ts";
import "./bootstrap.ts";
