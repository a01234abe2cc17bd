"""Out into the world on somebody's behalf: judged addresses, bounded time, bounded answers."""
