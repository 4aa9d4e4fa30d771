"""Realistic sources in eight languages, and what each symbol in them means.

The expected region of a symbol is written down as its first and last line, so that a
reader sees at once what may change.
"""

from dataclasses import dataclass

SOURCES = {
    "grid.c": """\
#include <stdio.h>
#define MAX(a, b) ((a) > (b) ? (a) : (b))

/* The sum of both. */
static int *
add(int x, const char *y)
{
    return 0;   // }
}

struct point { int x; };

typedef struct {
    int y;
} named_t;

void (*pick(int s, void (*f)(int)))(int) {
    return f;
}

__attribute__((noinline)) long hot(long n) {
#ifdef FAST
    n += 1;
#endif
    return n * 3;
}
""",
    "grid.cpp": """\
#include <vector>
namespace geo::flat {
template <typename T, int N = 3>
[[nodiscard]] static inline T* step(const std::vector<T>& v, char c = '{') noexcept(true) {
    return R"(})" ? nullptr : nullptr;
}

class Grid : public Base<int> {
 public:
    explicit Grid(int a) : a_{a} {
        fill();
    }
    ~Grid() {}
    virtual int cost(int) = 0;
    bool operator==(const Grid& o) const {
        return true;
    }
 private:
    int secret(int x) { return x; }
};
}  // namespace

template <class T>
void geo::flat::Grid<T>::fill(int x) const & {
    auto f = [](int y) { return y; };
}
int twice(int x) {
    return 2 * x;
}
int twice(double x) {
    return 2;
}
std::ostream& operator<<(std::ostream& s, const Grid& g) {
    return s;
}
extern "C" void exported(void) {
}
""",
    "grid.rs": """\
mod geo {
    /// The area.
    #[inline]
    // why
    #[cfg(test)]
    pub(crate) unsafe fn area<'a, T: X>(x: &'a [T]) -> Option<i32>
    where
        T: Y,
    {
        None
    }
}
impl<T> Shape for Circle<T> {
    fn area(&self) -> f64 {
        r#"} fn fake() {"#.len() as f64
    }
}
impl Circle<u8> {
    pub fn new(r: f64) -> Self {
        fn helper() {}
        Self { r }
    }
    pub fn name(&self) -> &str {
        "circle"
    }
}
impl fmt::Display for Circle<u8> {
    fn name(&self) -> &str {
        "display"
    }
}
#[derive(Debug)]
pub struct Circle<T> {
    r: f64,
}
pub trait Shape {
    fn area(&self) -> f64;
}
""",
    "grid.go": """\
package grid

//go:noinline
func (s *Stack[T]) Push(x T) (int, error) {
	return 0, nil
}

func (o Other) Push(x int) {
}

func Map[T any, U any](xs []T, f func(T) U) []U {
	return nil
}

type Stack[T any] struct {
	xs []T // }
}

var handler = func(x int) int {
	return x
}
""",
    "Grid.java": """\
package p;

public final class Grid<T extends X> extends B implements C {
    /** Adds. */
    @Override
    @Deprecated(since = "}")
    public static <U> int add(int x, final U... y) throws E {
        return 1;
    }
    int twice(long x) {
        return 2;
    }
    int twice(int x) {
        return 2;
    }
    public Grid(int x) {
    }
    interface Cost {
        int cost();
        default int most() {
            return 3;
        }
    }
}
""",
    "grid.js": """\
import { x } from "./x.js";
const text = `function f() { ${x} }`;
export const f = (x) => x + 1;
export const g = async function (x) {
  return 2;
};
class Store {
  #hidden() {
  }
  static async reset(x) {
    return /}/.test(x);
  }
  get = (x) => {
    return 1;
  };
}
module.exports.made = function (x) {
};
Store.prototype.old = function () {
};
const api = {
  call(x) {
    return 1;
  },
  short: (x) => 2,
};
function outer() {
  function inner() {
  }
}
export default function (a) {
  return 1;
}
""",
    "grid.ts": """\
function over(a: string): void;
function over(a: number): void;
export function over(a: any): void {
}
@sealed
export abstract class Store<T> extends Base implements I {
  @log()
  private async reset(x?: number): Promise<{ n: number }> {
    return { n: 1 };
  }
  abstract go(): void;
  get = <U,>(id: string): number => {
    return 1;
  };
}
namespace Deep.Down {
  export function f() {
  }
}
export const handler: Handler = async <T>(x: T): Promise<T> => {
  return x;
};
""",
    "grid.tsx": """\
export const Cell = (p: Props) => (
  <div className="}">{p.text}</div>
);
""",
    "grid.py": """\
class Grid:
    @property
    def cost(self) -> int:
        return 1
""",
}


@dataclass(frozen=True)
class Meant:
    path: str
    symbol: str
    first: int
    last: int


def _meant(path: str, *table: tuple[str, int, int]) -> list[Meant]:
    return [Meant(path, *row) for row in table]


MEANT = [
    *_meant(
        "grid.c",
        ("add", 5, 9),
        ("point", 11, 11),
        ("named_t", 13, 15),
        ("pick", 17, 19),
        ("hot", 21, 26),
    ),
    *_meant(
        "grid.cpp",
        ("geo::flat::step", 3, 6),
        ("step", 3, 6),
        ("geo::flat::Grid", 8, 20),
        ("Grid::Grid", 10, 12),
        ("Grid::~Grid", 13, 13),
        ("Grid::operator==", 15, 17),
        ("Grid::operator ==", 15, 17),
        ("Grid.secret", 19, 19),
        ("geo::flat::Grid::fill", 23, 26),
        ("fill", 23, 26),
        ("operator<<", 33, 35),
        ("exported", 36, 37),
    ),
    *_meant(
        "grid.rs",
        ("geo::area", 3, 11),
        ("Circle::new", 19, 22),
        ("Circle.new.helper", 20, 20),
        ("<Circle as Shape>::area", 14, 16),
        ("<Circle as Display>::name", 28, 30),
        ("Circle", 32, 35),
        ("Shape", 36, 38),
    ),
    *_meant(
        "grid.go",
        ("Stack.Push", 4, 6),
        ("(*Stack).Push", 4, 6),
        ("Other.Push", 8, 9),
        ("Map", 11, 13),
        ("Stack", 15, 17),
        ("handler", 19, 21),
    ),
    *_meant(
        "Grid.java",
        ("Grid", 3, 24),
        ("Grid.add", 5, 9),
        ("Grid.Grid", 16, 17),
        ("Grid.Cost.most", 20, 22),
        ("most", 20, 22),
    ),
    *_meant(
        "grid.js",
        ("f", 3, 3),
        ("g", 4, 6),
        ("Store", 7, 16),
        ("Store.#hidden", 8, 9),
        ("Store.reset", 10, 12),
        ("Store.get", 13, 15),
        ("made", 17, 18),
        ("Store.old", 19, 20),
        ("api.call", 22, 24),
        ("api.short", 25, 25),
        ("outer.inner", 28, 29),
        ("default", 31, 33),
    ),
    *_meant(
        "grid.ts",
        ("over", 3, 4),
        ("Store", 5, 15),
        ("Store.reset", 7, 10),
        ("Store.get", 12, 14),
        ("Deep.Down.f", 17, 18),
        ("handler", 20, 22),
    ),
    *_meant("grid.tsx", ("Cell", 1, 3)),
]
