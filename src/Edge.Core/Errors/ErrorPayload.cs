using System.Globalization;
using System.Text;

namespace Edge.Core.Errors;

/// <summary>What an error says to programs beside its text: Orthanc's <c>ErrorPayload</c> (since 1.12.10).</summary>
/// <param name="Type">Orthanc's name of the kind, such as <c>Dimse</c>.</param>
/// <param name="Content">JSON. No patient data goes beyond the client that asked for it.</param>
public sealed record ErrorPayload(string Type, ReadOnlyMemory<byte> Content)
{
    /// <summary>A request that was answered with a status (PS3.7 annex C).</summary>
    public static ErrorPayload Dimse(ushort status) =>
        new("Dimse", Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"DimseErrorStatus\":{status}}}")));
}
