using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace Edge.Core.Logging;

/// <summary>The characters of one interpolated message, in a pooled buffer; cut off at <see cref="MaximumLength"/>.</summary>
public struct LogText
{
    /// <summary>The greatest length of a message, in characters.</summary>
    public const int MaximumLength = 8192;

    private char[]? _buffer;
    private int _length;

    internal LogText(int literalLength, int formattedCount) =>
        _buffer = ArrayPool<char>.Shared.Rent(Math.Clamp(literalLength + (formattedCount * 24), 128, MaximumLength));

    internal readonly bool IsEnabled => _buffer is not null;

    internal readonly ReadOnlySpan<char> Written => _buffer.AsSpan(0, _length);

    internal void Free()
    {
        ArrayPool<char>.Shared.Return(_buffer!);
        _buffer = null;
    }

    internal void Append(scoped ReadOnlySpan<char> text)
    {
        text = text[..Math.Min(text.Length, MaximumLength - _length)];
        while (text.Length > _buffer!.Length - _length)
        {
            Grow();
        }

        text.CopyTo(_buffer.AsSpan(_length));
        _length += text.Length;
    }

    // Optimized from the first call, so that the cast below never boxes, not even before the JIT gets warm.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal void Append<T>(T value, scoped ReadOnlySpan<char> format)
    {
        if (value is ISpanFormattable)
        {
            int written;
            while (!((ISpanFormattable)value).TryFormat(_buffer.AsSpan(_length), out written, format, CultureInfo.InvariantCulture))
            {
                if (_buffer!.Length >= MaximumLength)
                {
                    return;
                }

                Grow();
            }

            _length += written;
            return;
        }

        Append(value?.ToString());
    }

    private void Grow()
    {
        char[] larger = ArrayPool<char>.Shared.Rent(_buffer!.Length * 2);
        Written.CopyTo(larger);
        ArrayPool<char>.Shared.Return(_buffer);
        _buffer = larger;
    }
}

/// <summary>The interpolated message of <see cref="LogCategory.Info(ref InfoText)"/>.</summary>
[InterpolatedStringHandler]
public ref struct InfoText
{
    internal LogText Text;

    public InfoText(int literalLength, int formattedCount, LogCategory category, out bool isEnabled)
    {
        isEnabled = category.IsEnabled(LogSeverity.Info);
        Text = isEnabled ? new LogText(literalLength, formattedCount) : default;
    }

    public void AppendLiteral(string text) => Text.Append(text);

    public void AppendFormatted(scoped ReadOnlySpan<char> text) => Text.Append(text);

    public void AppendFormatted(string? text) => Text.Append(text);

    public void AppendFormatted<T>(T value) => Text.Append(value, default);

    public void AppendFormatted<T>(T value, string? format) => Text.Append(value, format);
}

/// <summary>The interpolated message of <see cref="LogCategory.Trace(ref TraceText)"/>.</summary>
[InterpolatedStringHandler]
public ref struct TraceText
{
    internal LogText Text;

    public TraceText(int literalLength, int formattedCount, LogCategory category, out bool isEnabled)
    {
        isEnabled = category.IsEnabled(LogSeverity.Trace);
        Text = isEnabled ? new LogText(literalLength, formattedCount) : default;
    }

    public void AppendLiteral(string text) => Text.Append(text);

    public void AppendFormatted(scoped ReadOnlySpan<char> text) => Text.Append(text);

    public void AppendFormatted(string? text) => Text.Append(text);

    public void AppendFormatted<T>(T value) => Text.Append(value, default);

    public void AppendFormatted<T>(T value, string? format) => Text.Append(value, format);
}
