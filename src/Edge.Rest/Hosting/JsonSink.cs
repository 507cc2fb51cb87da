using System.Text.Json;

namespace Edge.Rest.Hosting;

/// <summary>A JSON answer in the making that may leave in parts.</summary>
public sealed class JsonSink
{
    private const int EnoughBytes = 64 * 1024;
    private readonly RestRequest _request;
    private readonly bool _mayStream;

    internal JsonSink(RestRequest request, Utf8JsonWriter writer, bool mayStream)
    {
        _request = request;
        _mayStream = mayStream;
        Writer = writer;
    }

    public Utf8JsonWriter Writer { get; }

    internal bool HasStreamed { get; private set; }

    /// <summary>Lets what was written leave, where enough has gathered. After the first time a failure can only break the connection.</summary>
    public ValueTask FlushAsync()
    {
        if (!_mayStream || _request.PendingBytes + Writer.BytesPending < EnoughBytes)
        {
            return ValueTask.CompletedTask;
        }

        HasStreamed = true;
        Writer.Flush();
        return _request.StreamJsonPartAsync();
    }
}
