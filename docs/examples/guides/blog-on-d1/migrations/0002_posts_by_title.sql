CREATE INDEX posts_by_title ON posts (title);
