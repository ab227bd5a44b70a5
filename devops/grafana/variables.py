"""What a viewer chooses at the top of a dashboard: where its data comes from, and which part of it is shown."""

from grafana_foundation_sdk.builders.dashboard import DatasourceVariable, QueryVariable
from grafana_foundation_sdk.models.dashboard import DataSourceRef, VariableOption, VariableRefresh, VariableSort

ALL = VariableOption(selected=True, text=["All"], value=["$__all"])


def source_of(plugin: str) -> DataSourceRef:
    """Return the data source that the viewer chose."""
    return DataSourceRef(type_val=plugin, uid="${datasource}")


def datasource(plugin: str, name: str, uid: str) -> DatasourceVariable:
    """Return the choice of a data source of one kind; the provisioned one comes first."""
    chosen = VariableOption(selected=True, text=name, value=uid)
    return DatasourceVariable("datasource").label("Data source").type(plugin).current(chosen)


def several(name: str, label: str, query: str, plugin: str, everything: str) -> QueryVariable:
    """Return a choice of any number of what a query finds; `everything` stands for all."""
    return (
        QueryVariable(name)
        .label(label)
        .query(query)
        .datasource(source_of(plugin))
        .refresh(VariableRefresh.ON_DASHBOARD_LOAD)
        .sort(VariableSort.ALPHABETICAL_ASC)
        .multi(multi=True)
        .include_all(include_all=True)
        .all_value(everything)
        .current(ALL)
    )
