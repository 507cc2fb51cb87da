using System.Text;

namespace Edge.Rest.Specification;

/// <summary>Where an operation takes a parameter from.</summary>
public enum ParameterPlace
{
    Path,
    Query,
    Header,

    /// <summary>A member of the JSON object in the body.</summary>
    Body,
}

/// <summary>A parameter of an operation.</summary>
/// <param name="Type"><c>str</c>, <c>num</c>, <c>bool</c>, <c>map</c>, or one of them in brackets for an array.</param>
public sealed record OperationParameter(ParameterPlace Place, string Name, string Type, bool IsRequired);

/// <summary>An operation of Orthanc's REST API.</summary>
public sealed record Operation(string Method, string Path, string Summary, OperationParameter[] Parameters);

/// <summary>The 299 operations of Orthanc 1.12.11, from the table that is embedded in the assembly. Read when it is asked for, for few ever ask.</summary>
public static class OperationTable
{
    /// <summary>Every operation, by path, then method.</summary>
    public static List<Operation> Read()
    {
        using Stream table = typeof(OperationTable).Assembly.GetManifestResourceStream("orthanc-operations.tsv")
            ?? throw new InvalidOperationException("the table of operations is not in the assembly");
        using StreamReader lines = new(table, Encoding.UTF8);
        List<Operation> operations = new(300);
        lines.ReadLine();
        while (lines.ReadLine() is { Length: > 0 } line)
        {
            string[] cells = line.Split('\t');
            operations.Add(new Operation(cells[0], cells[1], cells[2], Array.ConvertAll(cells[3].Split(' ', StringSplitOptions.RemoveEmptyEntries), ReadParameter)));
        }

        return operations;
    }

    /// <summary>A path with its parameters unnamed (<c>/studies/{}/series</c>): two paths of one shape answer the same requests.</summary>
    public static string Shape(string path) =>
        string.Join('/', path.Split('/').Select(static part => part.StartsWith('{') ? "{}" : part));

    private static OperationParameter ReadParameter(string cell)
    {
        string[] parts = cell.Split(':');
        ParameterPlace place = parts[0] switch
        {
            "path" => ParameterPlace.Path,
            "query" => ParameterPlace.Query,
            "header" => ParameterPlace.Header,
            "body" => ParameterPlace.Body,
            _ => throw new FormatException($"the place {parts[0]} of a parameter is unknown"),
        };
        return new OperationParameter(place, parts[1], parts[2], parts[3] == "required");
    }
}
