from pathlib import Path

import pytest

from app.demo.customers_file import BadCustomers, CustomersFile, read_customers


def write(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("c.json", '{"a1": {"plan": "Pro"}, "a2": {"plan": "Free"}}', id="an object by id"),
        pytest.param("c.json", '[{"id": "a1", "plan": "Pro"}, {"id": "a2", "plan": "Free"}]', id="a list"),
        pytest.param("c.csv", "id,plan\na1,Pro\na2,Free\n", id="CSV"),
        pytest.param("c.CSV", "\ufeffplan,id\r\nPro,a1\r\nFree, a2 \r\n", id="CSV as a spreadsheet writes it"),
    ],
)
def test_customers_are_read_by_id_whatever_the_form(tmp_path: Path, name: str, text: str) -> None:
    assert read_customers(write(tmp_path / name, text), "id") == {"a1": {"plan": "Pro"}, "a2": {"plan": "Free"}}


def test_csv_makes_links_of_its_link_columns_and_leaves_empty_cells_out(tmp_path: Path) -> None:
    text = "order,item,note,link:View in admin\n17,Helmet,,https://admin.example.com/17\n18,Lamp,late,\n"

    assert read_customers(write(tmp_path / "c.csv", text), "order") == {
        "17": {"item": "Helmet", "links": [{"label": "View in admin", "url": "https://admin.example.com/17"}]},
        "18": {"item": "Lamp", "note": "late"},
    }


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        pytest.param("c.json", '{"a1": ', "not valid JSON at line 1", id="broken JSON"),
        pytest.param("c.json", "[" * 100_000, "not valid JSON", id="too deep"),
        pytest.param("c.json", '{"a1": "Pro"}', 'must be {"an id": {…}}', id="a text for a customer"),
        pytest.param("c.json", "[1]", 'must be {"an id": {…}}', id="a list of numbers"),
        pytest.param("c.json", "[{}]", "customer 1 has an id that no service asks for", id="no id"),
        pytest.param("c.json", '{"a b": {}}', "customer 1 has an id that no service asks for", id="a space in an id"),
        pytest.param("c.json", "{}", "no customer in it", id="nobody"),
        pytest.param("c.csv", "", "its first line must name the columns", id="an empty file"),
        pytest.param("c.csv", "plan\nPro\n", "one of them id", id="no column of ids"),
        pytest.param("c.csv", "id,plan\na1,Pro,x\n", "line 2 has more cells", id="a comma too many"),
        pytest.param("c.csv", "id,plan\na1,Pro\na1,Free\n", "customer 2 has the id of another", id="an id twice"),
    ],
)
def test_file_that_cannot_be_used_is_refused_with_what_to_do(tmp_path: Path, name: str, text: str, said: str) -> None:
    with pytest.raises(BadCustomers) as refused:
        read_customers(write(tmp_path / name, text), "id")

    assert said in str(refused.value)


def test_file_that_is_not_there_or_not_utf_8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "latin.csv").write_bytes(b"id\n\xe9\n")

    with pytest.raises(BadCustomers, match="No such file"):
        CustomersFile(tmp_path / "none.json", "id", print)
    with pytest.raises(BadCustomers, match="UTF-8"):
        read_customers(tmp_path / "latin.csv", "id")


def test_file_is_read_again_when_it_changes_and_kept_as_it_was_while_it_is_broken(tmp_path: Path) -> None:
    path, warnings = write(tmp_path / "c.json", '{"a1": {"plan": "Pro"}}'), list[str]()
    customers = CustomersFile(path, "id", warnings.append)
    assert customers.find("a1") == {"plan": "Pro"}
    assert customers.find("a2") == {}

    write(path, '{"a1": {"plan": "Business"}}')
    assert customers.find("a1") == {"plan": "Business"}

    write(path, '{"a1": ')
    assert customers.find("a1") == customers.find("a1") == {"plan": "Business"}
    assert warnings == ["c.json: not valid JSON at line 1; answering with what it held before"]

    path.unlink()
    assert customers.find("a1") == {"plan": "Business"}
