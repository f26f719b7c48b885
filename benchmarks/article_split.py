"""Writes the article's validation split of the cloud FAQ as files for `faqbot evaluate`.

scikit-learn's stratified split with seed 42, as the article made it: 2,125 of 8,498 pairs.

    python benchmarks/article_split.py --data ../shared/data/cloud_faq.jsonl --out split
    faqbot evaluate --pairs split/pairs.jsonl --queries split/queries.jsonl --retriever answer
"""

import argparse
import json
from pathlib import Path

from article import rows_of, sides


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="cloud_faq.jsonl")
    parser.add_argument("--out", type=Path, required=True, help="folder for the two files")
    options = parser.parse_args()
    rows = rows_of(options.data)
    _, held_out = sides(rows)
    options.out.mkdir(parents=True, exist_ok=True)
    with (
        (options.out / "pairs.jsonl").open("w", encoding="utf-8") as pairs,
        (options.out / "queries.jsonl").open("w", encoding="utf-8") as queries,
    ):
        for i in held_out:
            row = rows[i]
            pair = {"id": str(i), "question": row["question"], "answer": row["answer"]}
            pairs.write(json.dumps(pair) + "\n")
            queries.write(json.dumps({"query": row["question"], "relevant": [str(i)]}) + "\n")
    print(f"{len(held_out)} pairs and queries in {options.out}")


if __name__ == "__main__":
    main()
