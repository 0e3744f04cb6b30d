"""How a vendor's lists are read so that nothing is lost when reading stops: for every vendor.

| module | what it is |
|---|---|
| `apart` | which errors are of one table alone |
| `marks` | what a reading is asked to do, and the places from which it can go on |
| `paged` | lists that answer by page number, guarded |
| `counted` | whether a list that moves while it is read was seen whole |
| `whole` | a list read whole, from where it was left |
| `changes` | what changed since a day |
| `offset`, `scanning` | lists that answer by offset, fetched ahead |
| `seam` | whether a row can have slipped between two pages |
| `ahead` | work begun ahead of who takes its results |
| `closing` | generators closed by who reads them |
| `slices` | a table's past, newest first, in slices of days that are a few pages each |

A reading yields pages and marks in turn. A mark says: once every page before me is durable, the
reading goes on from here. Both are committed in one transaction, so a stop anywhere costs at most
the pages since the last commit.
"""
