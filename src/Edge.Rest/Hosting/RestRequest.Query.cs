using System.Globalization;
using Edge.Core.Errors;

namespace Edge.Rest.Hosting;

/// <content>The query of the target.</content>
public sealed partial class RestRequest
{
    private const int MaximumArguments = 256;
    private List<KeyValuePair<string, string>>? _query;

    /// <summary>The arguments of the query, decoded, in their order.</summary>
    /// <exception cref="EdgeException">400 (8): ill-formed encoding, or more than 256 arguments.</exception>
    public IReadOnlyList<KeyValuePair<string, string>> Query => _query ??= ParseQuery();

    /// <summary>Whether an argument is present, whatever its value (<c>?full</c>, <c>?full=false</c>).</summary>
    public bool HasFlag(string name) => PathLength != Target.Length && Argument(name) is not null;

    /// <summary>The first value of an argument; empty where it has none (<c>?expand</c>); null where it is absent.</summary>
    public string? Argument(string name)
    {
        if (PathLength == Target.Length)
        {
            return null;
        }

        foreach (KeyValuePair<string, string> argument in Query)
        {
            if (argument.Key == name)
            {
                return argument.Value;
            }
        }

        return null;
    }

    /// <summary>A boolean argument as since Orthanc 1.12.2: <c>true</c>, <c>1</c> and empty are true, <c>false</c> and <c>0</c> false.</summary>
    /// <param name="absent">The value where the argument is absent.</param>
    /// <exception cref="EdgeException">400 (3) for any other text.</exception>
    public bool BooleanArgument(string name, bool absent) => Argument(name) switch
    {
        null => absent,
        "" or "true" or "1" => true,
        "false" or "0" => false,
        _ => throw new EdgeException(ErrorCode.ParameterOutOfRange, $"Expected \"true\", \"false\", \"1\" or \"0\" for the boolean argument \"{name}\""),
    };

    /// <summary>An integer argument.</summary>
    /// <returns>False where it is absent.</returns>
    /// <exception cref="EdgeException">400 (5) where it is not a number.</exception>
    public bool TryGetInt(string name, out long value)
    {
        string? text = Argument(name);
        value = 0;
        if (text is null)
        {
            return false;
        }

        if (!long.TryParse(text.AsSpan().Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value))
        {
            throw new EdgeException(ErrorCode.BadParameterType, $"The argument \"{name}\" must be an integer");
        }

        return true;
    }

    /// <summary>A non-negative integer argument; null where it is absent.</summary>
    /// <exception cref="EdgeException">400 (5) where it is not a number or is negative.</exception>
    public long? UnsignedArgument(string name)
    {
        if (!TryGetInt(name, out long value))
        {
            return null;
        }

        return value >= 0 ? value : throw new EdgeException(ErrorCode.BadParameterType, $"The argument \"{name}\" must not be negative");
    }

    private List<KeyValuePair<string, string>> ParseQuery()
    {
        List<KeyValuePair<string, string>> arguments = [];
        ReadOnlySpan<char> query = PathLength == Target.Length ? [] : Target.AsSpan(PathLength + 1);
        foreach (Range part in query.Split('&'))
        {
            ReadOnlySpan<char> argument = query[part];
            if (argument.IsEmpty)
            {
                continue;
            }

            int equals = argument.IndexOf('=');
            string? name = PathText.Decode(equals < 0 ? argument : argument[..equals], plusIsSpace: true);
            string? value = equals < 0 ? "" : PathText.Decode(argument[(equals + 1)..], plusIsSpace: true);
            if (name is null || value is null || arguments.Count == MaximumArguments)
            {
                throw new EdgeException(ErrorCode.BadRequest, "The query of the URI is badly encoded or too long");
            }

            arguments.Add(new KeyValuePair<string, string>(name, value));
        }

        return arguments;
    }
}
